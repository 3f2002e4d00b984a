// cspell:ignore labl
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { jsonOf, startWatchedDaemon } from '../../watched-daemon.ts';

interface Operation {
  operationId: string;
  security: unknown[];
  parameters?: { in: string; name: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Description {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const REDOCLY = fileURLToPath(new URL('../../../../node_modules/.bin/redocly', import.meta.url));
const RULES = fileURLToPath(new URL('redocly.yaml', import.meta.url));

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default.default(ajv);

test('the description names every route, and every answer is as it says', async () => {
  const { url, ids, ask, daemon } = await startWatchedDaemon({ scenarios: ['low-match-rate'] });
  const described = await jsonOf<Description>(fetch(`${url}/v1/openapi.json`));
  expect(described.openapi).toMatch(/^3\.1\./);
  const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.toSorted()).toEqual([
    'DELETE /v1/runs/{id}',
    'GET /livez',
    'GET /metrics',
    'GET /readyz',
    'GET /v1/events',
    'GET /v1/openapi.json',
    'GET /v1/runs',
    'GET /v1/runs/{id}',
    'POST /v1/runs',
  ]);
  const run = `/v1/runs/${ids[0]}`;
  await ask('/v1/runs', { json: { id: ids[0] } });
  await daemon.says('"type":"findall.run.completed"');

  const seen: string[] = [];
  const hold = async (operation: string, path: string, options: Parameters<typeof ask>[1] = {}) => {
    const [method = '', template = ''] = operation.split(' ');
    const answer = await ask(path, { method, ...options });
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const schema =
      described.paths[template]?.[method.toLowerCase()]?.responses[answer.status]?.content?.[type]?.schema;
    expect([operation, answer.status, type, schema]).toEqual([
      operation,
      answer.status,
      type,
      expect.any(Object),
    ]);
    const body: unknown = type === 'application/json' ? await answer.json() : await answer.text();
    const validate = ajv.compile(schema ?? false);
    validate(body);
    expect([operation, validate.errors]).toEqual([operation, null]);
    seen.push(operation);
  };
  await hold('GET /livez', '/livez');
  await hold('GET /readyz', '/readyz?verbose');
  await hold('GET /metrics', '/metrics');
  await hold('GET /metrics', '/metrics', { headers: { accept: 'application/openmetrics-text' } });
  await hold('GET /v1/openapi.json', '/v1/openapi.json');
  await hold('GET /v1/runs', '/v1/runs');
  await hold('GET /v1/runs', '/v1/runs', { headers: { authorization: 'Bearer wrong' } });
  await hold('GET /v1/runs/{id}', run);
  await hold('GET /v1/runs/{id}', '/v1/runs/x');
  await hold('GET /v1/runs/{id}', '/v1/runs/findall_nobody');
  await hold('GET /v1/events', '/v1/events');
  await hold('GET /v1/events', '/v1/events?limit=0');
  await hold('POST /v1/runs', '/v1/runs', { json: { id: ids[0] } });
  await hold('POST /v1/runs', '/v1/runs', { json: { id: 'findall_another' } });
  await hold('POST /v1/runs', '/v1/runs', { json: {} });
  const large = { id: `findall_${'a'.repeat(20_000)}` };
  await hold('POST /v1/runs', '/v1/runs', { json: large });
  await hold('POST /v1/runs', '/v1/runs', { json: {}, headers: { 'content-type': 'text/plain' } });
  await hold('DELETE /v1/runs/{id}', run, { json: large });
  await hold('DELETE /v1/runs/{id}', run, { json: {}, headers: { 'content-type': 'text/plain' } });
  await hold('DELETE /v1/runs/{id}', run);
  expect(new Set(seen)).toEqual(new Set(operations));
});

test('the description passes the rules of redocly', async () => {
  const { url, directory } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const file = join(directory, 'openapi.json');
  writeFileSync(file, await (await fetch(`${url}/v1/openapi.json`)).text());
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [REDOCLY, 'lint', file, '--config', RULES, '--format', 'json'],
    // Nothing is sent or asked for over the network.
    { encoding: 'utf8', env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
  );
  const report = JSON.parse(stdout || JSON.stringify({ stderr })) as unknown;
  expect({ status, report }).toMatchObject({ status: 0, report: { problems: [] } });
});

test('it takes only bodies that name a run', async () => {
  const { paths } = await descriptionOf();
  const schema = paths['/v1/runs']?.['post']?.requestBody?.content['application/json']?.schema ?? false;
  const validate = ajv.compile(schema);
  const isBody = (body: unknown) => validate(body);
  expect([{}, { label: 'mine' }, { id: 'run_a' }, { id: 'findall_a', labl: 'x' }].map(isBody)).toEqual(
    [false, false, false, false], // as the server answers: see control-api.test.ts
  );
  expect(
    [
      { id: 'findall_a' },
      { findall_id: 'findall_a' },
      { id: 'findall_a', findall_id: 'findall_a' },
      { id: 'https://platform.parallel.ai/findall/findall_a', label: 'of two\nlines', interval: '5s' },
    ].map(isBody),
  ).toEqual([true, true, true, true]);
});

test('it describes each parameter and field that the server reads, and no other', async () => {
  const { url, ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const { paths } = await jsonOf<Description>(fetch(`${url}/v1/openapi.json`));
  const queryOf = (path: string) =>
    paths[path]?.['get']?.parameters?.filter((each) => each.in === 'query').map(({ name }) => name);
  /** A client that sends what is not read learns what is. */
  const readBy = async (answer: Promise<Response>) => {
    const { error } = await jsonOf<{ error: { message: string } }>(answer);
    return /^"nonsense": unknown key; allowed: (.*)$/.exec(error.message)?.[1]?.split(', ');
  };
  expect(await readBy(ask('/v1/runs?nonsense=1'))).toEqual(queryOf('/v1/runs'));
  expect(await readBy(ask('/v1/events?nonsense=1'))).toEqual(queryOf('/v1/events'));

  const { schema } = paths['/v1/runs']?.['post']?.requestBody?.content['application/json'] ?? {};
  const { anyOf = [] } = (schema ?? {}) as { anyOf?: { required: string[]; properties: object }[] };
  const fields = await readBy(ask('/v1/runs', { json: { nonsense: 1 } }));
  expect(anyOf.map(({ properties }) => Object.keys(properties))).toEqual([fields, fields]);
  expect(anyOf.map(({ required }) => required)).toEqual([['id'], ['findall_id']]);
});

test('it takes the same values of parameters as the server', async () => {
  const { url, ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const { paths } = await jsonOf<Description>(fetch(`${url}/v1/openapi.json`));
  const parameters = paths['/v1/events']?.['get']?.parameters;
  for (const [name, value, isFit] of [
    ...[['limit', 0, false] as const, ['limit', 501, false] as const, ['limit', 500, true] as const],
    ...[['after', 'evt_0123', false] as const, ['after', `evt_${'0'.repeat(24)}`, true] as const],
    ...[['run', 'run_a', false] as const, ['run', 'findall_a', true] as const],
    ['run', 'https://platform.parallel.ai/findall/findall_a', true] as const,
  ]) {
    const validate = ajv.compile(parameters?.find((each) => each.name === name)?.schema ?? false);
    const { error } = await jsonOf<{ error?: { message: string } }>(ask(`/v1/events?${name}=${value}`));
    // An id that is well-formed and of no recorded event is refused in other words.
    const isTaken = error === undefined || error.message.endsWith('the id of a recorded event');
    expect([name, value, validate(value), isTaken]).toEqual([name, value, isFit, isFit]);
  }
});

test('it names each operation, declares what can be asked for, and says that events of a stream are named', async () => {
  const { paths } = await descriptionOf();
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  const parametersOf = (path: string) =>
    paths[path]?.['get']?.parameters?.map((each) => `${each.in} ${each.name}`);
  expect(parametersOf('/livez')).toEqual(['query verbose']);
  expect(parametersOf('/readyz')).toEqual(['query verbose']);
  expect(parametersOf('/v1/events')).toContain('header Last-Event-ID');
  const stream = paths['/v1/events']?.['get']?.responses['200']?.content?.['text/event-stream'];
  expect(stream?.schema).toMatchObject({
    description: expect.stringMatching(/onmessage.*never.*addEventListener/s) as string,
  });
});

test('it says where the token is needed, and it is needed there', async () => {
  const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const { paths } = await jsonOf<Description>(fetch(`${url}/v1/openapi.json`));
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const answer = await fetch(`${url}${path.replace('{id}', 'findall_a')}`, {
        method: method.toUpperCase(),
      });
      await answer.body?.cancel();
      expect([path, method, answer.status === 401]).toEqual([path, method, security.length > 0]);
    }
  }
});

async function descriptionOf(): Promise<Description> {
  const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  return await jsonOf<Description>(fetch(`${url}/v1/openapi.json`));
}
