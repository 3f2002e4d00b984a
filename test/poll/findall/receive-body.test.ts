import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runObject } from '../../builders/model-builders.ts';
import { listen } from './raw-server.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

const MB = 1_000_000;
/** What Node allows itself in the 512 MiB of the image, and what the image says of it. */
const HEAP_OF_THE_IMAGE = '--max-old-space-size=256 --max-semi-space-size=4';

const head = (id: string) =>
  `{"run":${JSON.stringify(runObject('running', { findall_id: id }))},"candidates":[`;

/** A body of about so many megabytes whose rows are all `row`, numbered. */
function bodyOf(id: string, megabytes: number, row: (index: number) => string): string {
  const rows: string[] = [];
  for (let size = 0, index = 0; size < megabytes * MB; index += 1) {
    const next = row(index);
    rows.push(next);
    size += next.length + 1;
  }
  return `${head(id)}${rows.join(',')}]}`;
}

const candidate = (id: string | number, more = '') =>
  `{"candidate_id":"${id}","match_status":"matched","name":"Company ${id}","url":"https://a.example/${id}"${more}}`;

/** What killed the program once, by run. */
const HOSTILE: Readonly<Record<string, () => string | Buffer>> = {
  findall_bomb: () => gzipSync(`{"a":"${'a'.repeat(70 * MB)}"}`),
  findall_many: () => bodyOf('findall_many', 52, (index) => candidate(index, `,"x":"${'x'.repeat(240)}"`)),
  findall_tiny: () =>
    bodyOf('findall_tiny', 16, (index) => `{"candidate_id":"${index}","match_status":"matched"}`),
  findall_objects: () =>
    `${head('findall_objects')}${candidate('a', `,"output":[${'{},'.repeat(7 * MB)}{}]`)}]}`,
  findall_rows: () => bodyOf('findall_rows', 60, () => '{}'),
};

function send(response: ServerResponse, body: string | Buffer): void {
  if (Buffer.isBuffer(body)) response.setHeader('content-encoding', 'gzip');
  response.end(body);
}

/** Most memory that a process ever held, in bytes. Linux says it; elsewhere nothing is checked but that the process lives. */
function peakOf(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return 0;
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]) * 1024;
}

test('no answer ends a process with the memory of the image, and other runs are watched beside it', async () => {
  const bodies = new Map(Object.entries(HOSTILE).map(([id, make]) => [id, make()]));
  const good = bodyOf('findall_good', 0.001, candidate);
  const { url } = await listen(({ url: path = '' }, response) => {
    const id = /runs\/([^/]+)\//.exec(path)?.[1] ?? '';
    send(response, bodies.get(id) ?? good);
  });
  const sandbox = await openSandbox({
    scenarios: ['never-ends'],
    env: { PARALLEL_BASE_URL: url, NODE_OPTIONS: HEAP_OF_THE_IMAGE, FINDALL_WATCH_POLL_MAX_INTERVAL: '10s' },
  });

  const daemon = sandbox.start(['serve', ...bodies.keys(), 'findall_good']);
  for (const id of bodies.keys())
    await daemon.says(new RegExp(`"findall_id":"${id}","outcome":"invalid"`), 110_000);
  await daemon.says('"name":"Company 0"', 110_000);

  expect(peakOf(daemon.child.pid ?? 0)).toBeLessThan(512 * 1024 * 1024);
  const failed = jsonLines<{ findall_id: string; outcome: string; reason: string }>(daemon.stdout()).filter(
    ({ outcome }) => outcome === 'invalid',
  );
  expect(new Map(failed.map(({ findall_id: id, reason }) => [id, reason]))).toEqual(
    new Map([
      ['findall_bomb', `${url}: a body over 67108864 bytes (api.maxBody)`],
      ...['findall_many', 'findall_tiny', 'findall_objects', 'findall_rows'].map((id): [string, string] => [
        id,
        expect.stringMatching(
          /^a body of \d+ MiB that takes more than \d+ MiB of memory to read; give/,
        ) as string,
      ]),
    ]),
  );
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
}, 300_000);
