/**
 * The other side of every bench, in a process of its own: a FindAll API that costs next to nothing, and a receiver.
 *
 * `/n/1000/every/2/v1beta/findall/runs/ID/result`: a run with 1,000 candidates that takes a step at every second
 * request, each run by itself; 0: never. The simulator makes its bodies when asked, so at 22 MB it would be what is measured.
 * `GET /stats` gives and `DELETE /stats` forgets what was seen.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { type Bodies, createBodies } from './bodies.ts';
import { seedFrom } from '../../src/simulator/seeded-random.ts';
import type { OtherSideStats } from './start-other-side.ts';

const ROUTE =
  /^\/n\/(?<n>\d+)\/every\/(?<every>\d+)(?:\/bytes\/(?<bytes>\d+))?\/v1beta\/findall\/runs\/(?<id>[^/?]+)\/result/;

interface ServedRun {
  requests: number;
  steps: number;
  /** Ready for the next request; null: to be made. */
  body: Buffer | null;
  /** The last step that was sent. */
  sent: number | null;
}

const shapes = new Map<string, { bodies: Bodies; runs: Map<string, ServedRun> }>();
/** When the last byte of a run's latest step first left. */
const leftAt = new Map<string, number>();
let stats = noStats();

function noStats(): OtherSideStats {
  return { requests: 0, firstRequestAt: null, received: 0, latenciesMs: [] };
}

function result(
  request: IncomingMessage,
  response: ServerResponse,
  groups: Record<string, string | undefined>,
): void {
  const { n = '', every = '', bytes, id = '' } = groups;
  stats.requests += 1;
  stats.firstRequestAt ??= performance.timeOrigin + performance.now();
  const key = `${n}/${bytes}/${every}`;
  const shape = shapes.get(key) ?? {
    bodies: createBodies(Number(n), bytes ? Number(bytes) : undefined),
    runs: new Map(),
  };
  shapes.set(key, shape);
  const run = shape.runs.get(id) ?? { requests: 0, steps: 0, body: null, sent: null };
  shape.runs.set(id, run);
  const { steps } = run;
  const takesGzip = request.headers['accept-encoding']?.includes('gzip') === true;
  const body = takesGzip ? (run.body ?? shape.bodies.gzipped(id, steps)) : shape.bodies.plain(id, steps);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  const isFirst = run.sent !== steps;
  run.sent = steps;
  response.end(body, () => {
    if (isFirst) leftAt.set(id, performance.now());
  });
  run.requests += 1;
  // Each run at requests of its own, so that runs tracked together do not step together.
  const isStep = Number(every) > 0 && (run.requests + seedFrom(id)) % Number(every) === 0;
  if (isStep) run.steps += 1;
  // Of a single run the next is made ahead, while the other process is busy with this one.
  const isKept = shape.runs.size === 1 || body.length * shape.runs.size < KEPT_BYTES;
  run.body = isStep || !takesGzip || !isKept ? null : body;
  if (isStep && shape.runs.size === 1) {
    setImmediate(() => {
      run.body ??= shape.bodies.gzipped(id, run.steps);
    });
  }
}

/** Of one shape. */
const KEPT_BYTES = 500e6;

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const at = performance.now();
  response.writeHead(204).end();
  stats.received += 1;
  const event = JSON.parse(body) as { findall_id?: string; type?: string };
  const left = leftAt.get(event.findall_id ?? '');
  if (left !== undefined && event.type === 'findall.candidate.matched') stats.latenciesMs.push(at - left);
}

const server = createServer((request, response) => {
  const found = ROUTE.exec(request.url ?? '');
  if (found?.groups) return result(request, response, found.groups);
  if (request.method === 'POST') return void receive(request, response);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(stats));
  if (request.method === 'DELETE') stats = noStats();
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
