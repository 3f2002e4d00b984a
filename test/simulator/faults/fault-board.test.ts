import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FindallRun } from '../../../src/model.ts';
import type { Fault } from '../../../src/simulator/faults/fault.ts';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { exchangeRaw, parsed, resultUrl } from '../exchange.ts';
import { createHandClock } from '../hand-clock.ts';

const demo = scenarioNamed('demo') as Scenario;
const revived = scenarioNamed('revived') as Scenario;
const id = demo.findallId;

let simulator: Simulator;

beforeEach(async () => {
  simulator = await createSimulator({ scenarios: [demo, revived], clock: createHandClock() });
});

afterEach(async () => {
  await simulator.close();
});

async function statusOf(findallId: string): Promise<number> {
  return (await exchangeRaw(resultUrl(simulator, findallId))).status;
}

/** Forty polls of which about half should fail. */
async function statusesUnderHalf(seed: number): Promise<number[]> {
  const other = await createSimulator({
    scenarios: [demo],
    clock: createHandClock(),
    seed,
    faults: [{ target: '*', fault: { kind: 'status', status: 503, probability: 0.5 } }],
  });
  const statuses: number[] = [];
  for (let time = 0; time < 40; time += 1) {
    statuses.push((await exchangeRaw(resultUrl(other, id))).status);
  }
  await other.close();
  return statuses;
}

describe('which answers a fault concerns', () => {
  test("those of its run only, or of all, and a run's own fault comes first", async () => {
    simulator.setFault(id, { kind: 'status', status: 500 });
    expect(await statusOf(revived.findallId)).toBe(200);
    simulator.setFault('*', { kind: 'status', status: 502 });
    expect([await statusOf(id), await statusOf(revived.findallId)]).toEqual([500, 502]);
    simulator.setFault('*', null);
    simulator.setFault(id, null);
    expect([await statusOf(id), await statusOf(revived.findallId)]).toEqual([200, 200]);
  });

  test('as many as `times` says; the next fault of the list then has its turn', async () => {
    simulator.setFault(id, [
      { kind: 'status', status: 500, times: 2 },
      { kind: 'status', status: 429, times: 1 },
    ]);
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push(await statusOf(id));
    expect(statuses).toEqual([500, 500, 429, 200]);
    expect(simulator.faults()).toEqual([]);
  });

  test('about the share that `probability` says, the same ones for the same seed', async () => {
    const statuses = await statusesUnderHalf(11);
    expect(await statusesUnderHalf(11)).toEqual(statuses);
    expect(await statusesUnderHalf(12)).not.toEqual(statuses);
    const failures = statuses.filter((status) => status === 503).length;
    expect(failures).toBeGreaterThan(10);
    expect(failures).toBeLessThan(30);
  });

  test('the rules that were handed over are not changed by being used up', async () => {
    const rule = { kind: 'status', status: 500, times: 1 } satisfies Fault & { times: number };
    simulator.setFault(id, rule);
    await statusOf(id);
    expect(rule.times).toBe(1);
  });

  test('those about the run alone too', async () => {
    simulator.setFault(id, { kind: 'missing-is-active' });
    const run = parsed(await exchangeRaw(`${simulator.url}/v1beta/findall/runs/${id}`)) as FindallRun;
    expect(run.findall_id).toBe(id);
    expect(run.status).not.toHaveProperty('is_active');
  });
});
