import { beforeEach, describe, expect, test } from 'vitest';
import type { TargetedFault } from '../../src/simulator/faults/fault.ts';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { SCENARIOS, scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { exchangeRaw, resultUrl } from './exchange.ts';
import type { HandClock } from './hand-clock.ts';
import { openSimulator } from './open-simulator.ts';

const demo = scenarioNamed('demo') as Scenario;

let clock: HandClock;
let simulator: Simulator;

beforeEach(async () => {
  ({ clock, simulator } = await openSimulator());
});

async function poll() {
  return exchangeRaw(resultUrl(simulator, demo.findallId));
}

interface Listing {
  runs: Record<string, unknown>[];
  faults: TargetedFault[];
  error: { detail: string };
}

async function control(method: string, path: string, body?: string) {
  const answer = await fetch(`${simulator.url}/_simulator${path}`, { method, ...(body ? { body } : {}) });
  return { status: answer.status, json: (await answer.json()) as Listing };
}

describe('the control routes', () => {
  test('list the runs with scenario, status and elapsed time', async () => {
    clock.advance(2_000);
    const { json } = await control('GET', '');
    expect(json.runs).toHaveLength(SCENARIOS.length);
    expect(json.runs[0]).toMatchObject({
      findall_id: demo.findallId,
      scenario: 'demo',
      elapsed_ms: 2_000,
      status: { status: 'running' },
    });
  });

  test('set and clear faults by target', async () => {
    expect((await control('PUT', `/faults/${demo.findallId}`, 'status:503')).json.faults).toEqual([
      { target: demo.findallId, fault: { kind: 'status', status: 503 } },
    ]);
    expect((await poll()).status).toBe(503);
    expect((await control('DELETE', `/faults/${demo.findallId}`)).json.faults).toEqual([]);
    expect((await poll()).status).toBe(200);
  });

  test('refuse what is not a fault, and list the kinds', async () => {
    const { status, json } = await control('PUT', '/faults/*', 'explode');
    expect(status).toBe(400);
    expect(json.error.detail).toContain('torn-json');
  });

  test('restart every run', async () => {
    clock.advance(20_000);
    const { json } = await control('POST', '/restart');
    expect(json.runs[0]).toMatchObject({ status: { status: 'queued' } });
  });
});
