import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.ts';
import { acceptsGzip, jsonAnswer } from './answer.ts';
import { errorAnswer } from './api-errors.ts';
import { answerControl } from './control.ts';
import { deliverAnswer } from './faults/deliver-answer.ts';
import type { FaultBoard } from './faults/fault-board.ts';
import { answerUnder, type Delivery } from './faults/faulty-answer.ts';
import type { RequestLog } from './request-log.ts';
import { routeOf, type RunRoute, type Steering } from './route.ts';
import type { Random } from './seeded-random.ts';
import type { SimulatedRun } from './simulated-run.ts';
import { cancelledScenario, enrichedScenario, extendedScenario, schemaOf } from './steer.ts';

/** Everything the simulated API is about, as the exchanges see it. */
export interface World {
  clock: Clock;
  runs: Map<string, SimulatedRun>;
  board: FaultBoard;
  log: RequestLog;
  /** For ref ids. */
  random: Random;
  /** Null: requests need no key. */
  apiKey: string | null;
}

/** One request and its answer, faults included; requests about a run are logged from arrival to the end. */
export async function exchange(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = routeOf(request.method ?? 'GET', request.url ?? '/');
  if (route.kind === 'run') logExchange(world, route, response);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { answer, fault } = await deliveryFor(world, route, request);
  await deliverAnswer(response, answer, fault, {
    gzipAccepted: acceptsGzip(request.headers['accept-encoding']),
    sleep: (ms) => world.clock.sleep(ms, gone.signal),
  });
}

async function deliveryFor(
  world: World,
  route: ReturnType<typeof routeOf>,
  request: IncomingMessage,
): Promise<Delivery> {
  if (route.kind === 'run') return await deliveryAboutRun(world, route, request);
  if (route.kind === 'control') return { answer: await answerControl(request, route, world), fault: null };
  return { answer: jsonAnswer({ detail: 'Not Found' }, 404), fault: null };
}

async function deliveryAboutRun(world: World, route: RunRoute, request: IncomingMessage): Promise<Delivery> {
  const newRefId = (): string => world.random.uuid();
  const refusal = (status: number): Delivery => ({ answer: errorAnswer(status, newRefId()), fault: null });
  if (world.apiKey !== null && request.headers['x-api-key'] !== world.apiKey) return refusal(401);
  const run = world.runs.get(route.findallId);
  if (run === undefined) return refusal(404);
  // What was asked for does not change with how the run goes, so faults of the polls spare it.
  if (route.view === 'schema') return { answer: jsonAnswer(schemaOf(run.scenario())), fault: null };
  if (route.view === 'result' || route.view === 'run')
    return answerUnder(world.board.take(route.findallId), run, route.view, newRefId);
  return await steerRun(run, route.view, request, newRefId);
}

const STEER = { extend: extendedScenario, enrich: enrichedScenario };

/** What its owner asks of a run: the answer to `cancel` is empty, the others are answered with the schema. */
async function steerRun(
  run: SimulatedRun,
  view: Steering,
  request: IncomingMessage,
  newRefId: () => string,
): Promise<Delivery> {
  const body = view === 'cancel' ? undefined : parsed(await text(request));
  const steered = run.steer((scenario, elapsedMs) =>
    view === 'cancel' ? cancelledScenario(scenario, elapsedMs) : STEER[view](scenario, elapsedMs, body),
  );
  if (!('timeline' in steered)) {
    const { status, message } = steered;
    return { answer: errorAnswer(status, newRefId(), { message }), fault: null };
  }
  if (view === 'cancel') return { answer: { status: 204, headers: {}, body: Buffer.alloc(0) }, fault: null };
  return { answer: jsonAnswer(schemaOf(steered)), fault: null };
}

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function logExchange({ log, clock }: World, { view, findallId }: RunRoute, response: ServerResponse): void {
  const open = log.begin(findallId, view === 'result' ? 'poll' : view, clock.now());
  response.once('close', () => {
    open.end(clock.now(), response.headersSent ? response.statusCode : null, response.writableFinished);
  });
}
