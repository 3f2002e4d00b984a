import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { BEARER, startWatchedDaemon } from './watched-daemon.ts';

interface Operation {
  summary?: string;
  security?: unknown[];
  requestBody?: unknown;
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Description {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default.default(ajv);

test('the description names every route, and every answer is as it says', async () => {
  const { url, ids, ask, daemon } = await startWatchedDaemon({ scenarios: ['low-match-rate'] });
  const described = (await (await fetch(`${url}/v1/openapi.json`)).json()) as Description;
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
  await hold('DELETE /v1/runs/{id}', run);
  expect(new Set(seen)).toEqual(new Set(operations));
});

test('it says where the token is needed, and it is needed there', async () => {
  const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const { paths } = (await (
    await fetch(`${url}/v1/openapi.json`, { headers: BEARER })
  ).json()) as Description;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const answer = await fetch(`${url}${path.replace('{id}', 'findall_a')}`, {
        method: method.toUpperCase(),
      });
      await answer.body?.cancel();
      expect([path, method, answer.status === 401]).toEqual([path, method, security !== undefined]);
    }
  }
});
