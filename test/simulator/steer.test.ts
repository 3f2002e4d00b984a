import { beforeEach, describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { HandClock } from './hand-clock.ts';
import { openSimulator } from './open-simulator.ts';
import { schemaErrors } from './result-schema.ts';

const named = (name: string) => scenarioNamed(name) as Scenario;
const demo = named('demo');

let clock: HandClock;
let simulator: Simulator;

beforeEach(async () => {
  ({ clock, simulator } = await openSimulator());
});

type Json = Record<string, unknown>;

async function ask(method: string, view: string, body?: unknown, { findallId }: Scenario = demo) {
  const answer = await fetch(`${simulator.url}/v1beta/findall/runs/${findallId}/${view}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const sent = await answer.text();
  return { status: answer.status, body: sent === '' ? null : (JSON.parse(sent) as Json) };
}

const post = (view: string, body?: unknown, scenario = demo) => ask('POST', view, body, scenario);
const schema = (scenario = demo) => ask('GET', 'schema', undefined, scenario);

/** The run now, as the documents have it. */
function now({ findallId }: Scenario = demo) {
  const result = simulator.snapshot(findallId);
  expect(schemaErrors(result)).toBe('');
  const { status, is_active: isActive, termination_reason: reason, metrics } = result.run.status;
  return { status, isActive, reason: reason ?? null, matched: metrics.matched_candidates_count };
}

/** Candidates of the run with a value for `field`. */
function valuesOf(field: string, { findallId }: Scenario = demo): unknown[] {
  return simulator.snapshot(findallId).candidates.flatMap(({ output }) => output?.[field] ?? []);
}

describe('the schema', () => {
  test('says what was asked for, with the match conditions of the output', async () => {
    const { status, body } = await schema();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ objective: demo.objective, generator: 'core', match_limit: 6, enrichments: [] },
      match_conditions: expect.arrayContaining([
        { name: 'grid_storage_software_check', description: 'grid storage software check holds' },
      ]) as unknown,
    });
    expect(body).not.toHaveProperty('metadata');
  });
});

describe('an extension', () => {
  test('revives a run that has met its limit, which finds as many more and ends again', async () => {
    clock.advance(30_000);
    expect(now()).toEqual({ status: 'completed', isActive: false, reason: 'match_limit_met', matched: 6 });

    const { status, body } = await post('extend', { additional_match_limit: 4 });

    expect(status).toBe(200);
    expect(body).toMatchObject({ match_limit: 10 });
    expect(now()).toEqual({ status: 'running', isActive: true, reason: null, matched: 6 });
    expect((await schema()).body).toMatchObject({ match_limit: 10 });
    clock.advance(20_000);
    expect(now()).toEqual({ status: 'completed', isActive: false, reason: 'match_limit_met', matched: 10 });
  });

  test('lets an active run go on where it would have ended', async () => {
    clock.advance(10_000);
    await post('extend', { additional_match_limit: 2 });
    clock.advance(9_000);
    expect(now()).toMatchObject({ status: 'running' });
    clock.advance(20_000);
    expect(now()).toEqual({ status: 'completed', isActive: false, reason: 'match_limit_met', matched: 8 });
  });

  test('may be as large as the limit allows, and is forgotten by a restart', async () => {
    clock.advance(30_000);
    expect((await post('extend', { additional_match_limit: 994 })).body).toMatchObject({ match_limit: 1000 });
    clock.advance(60_000);
    expect(now()).toMatchObject({ status: 'completed', matched: 1000 });
    expect((await post('extend', { additional_match_limit: 1 })).status).toBe(422);
    simulator.restartTimelines();
    expect((await schema()).body).toMatchObject({ match_limit: 6 });
  });

  test.each(['timeout', 'low-match-rate', 'cancelled-late-match', 'vanishing'])(
    'is refused after the ending of %s',
    async (name) => {
      clock.advance(60_000);
      const { status, body } = await post('extend', { additional_match_limit: 4 }, named(name));
      expect(status).toBe(409);
      expect(body).toMatchObject({
        error: { message: expect.stringContaining('match_limit_met') as string },
      });
    },
  );

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no number', { additional_match_limit: '4' }],
    ['no whole number', { additional_match_limit: 0.5 }],
    ['nothing more', { additional_match_limit: 0 }],
    ['more than there may be', { additional_match_limit: 995 }],
    ['no JSON', '{'],
  ])('by %s is refused', async (_, body) => {
    clock.advance(30_000);
    expect((await post('extend', body)).status).toBe(422);
    expect(now()).toMatchObject({ status: 'completed' });
  });

  test('of a preview is refused', async () => {
    const preview = { ...demo, generator: 'preview' as const };
    simulator.addScenario(preview);
    expect((await post('extend', { additional_match_limit: 1 })).status).toBe(422);
  });
});

describe('an enrichment', () => {
  const properties = { headcount: { type: 'integer' }, executives: { type: 'array' }, city: {} };
  const request = { processor: 'core', output_schema: { type: 'json', json_schema: { properties } } };

  test('requeues a run that has ended: each match gets its values, the last one after the second ending', async () => {
    clock.advance(30_000);
    expect((await post('enrich', request)).body).toMatchObject({ enrichments: [request] });
    expect(now()).toMatchObject({ status: 'queued', isActive: true });
    clock.advance(6_900);
    expect(now()).toMatchObject({ status: 'running', isActive: true });
    clock.advance(1_000);
    expect(now()).toEqual({ status: 'completed', isActive: false, reason: 'match_limit_met', matched: 6 });
    expect(valuesOf('headcount')).toHaveLength(5);
    clock.advance(3_000);
    expect(valuesOf('headcount')).toHaveLength(6);
    expect(valuesOf('headcount')[0]).toEqual({ value: expect.any(Number) as number, type: 'enrichment' });
    expect(valuesOf('executives')[0]).toMatchObject({ value: [expect.any(String)] });
    expect(valuesOf('city')[0]).toMatchObject({ value: expect.any(String) as string });
    expect(now()).toMatchObject({ status: 'completed', matched: 6 });
  });

  test.each([
    ['timeout', 'failed', 'timeout'],
    ['cancelled-late-match', 'cancelled', 'user_cancelled'],
  ])('requeues a run that has ended otherwise: %s', async (name, status, reason) => {
    clock.advance(60_000);
    await post('enrich', request, named(name));
    expect(now(named(name))).toMatchObject({ isActive: true });
    clock.advance(60_000);
    expect(now(named(name))).toMatchObject({ status, reason, isActive: false });
  });

  test('of an active run changes nothing of how it goes on', async () => {
    clock.advance(10_000);
    const { matched } = now();
    await post('enrich', { processor: 'lite', output_schema: { properties } });
    clock.advance(20_000);
    expect(valuesOf('headcount')).toHaveLength(matched);
    expect(now()).toEqual({ status: 'completed', isActive: false, reason: 'match_limit_met', matched: 6 });
  });

  test.each([undefined, {}, { processor: '' }, { processor: 'core', output_schema: 'x' }, '{'])(
    'that says %j is refused',
    async (body) => {
      expect((await post('enrich', body)).status).toBe(422);
    },
  );
});
