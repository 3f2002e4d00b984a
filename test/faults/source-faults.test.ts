import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { RunEvent } from '../../src/run-event.ts';
import { impliedBy } from '../../src/simulator/scenario/implied.ts';
import { parseFault } from '../../src/simulator/faults/parse-fault.ts';
import { findallIdFor, withFindallId } from '../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { type Receiver, startReceiver } from '../support/servers/receiver.ts';
import { type Daemon, startDaemon } from './daemon.ts';

const demo = scenarioNamed('demo');
if (!demo) throw new Error('the demo scenario is missing');
const implied = impliedBy(demo);

/** The demo's eighteen seconds in two. */
const TIME_SCALE = 9;

/** Faults that last as long as the run lives. While they do, nothing of the run can be seen, or only wrongly. */
const FAULTS = [
  'status:500',
  'status:503:retry-after=1',
  'status:429',
  'status:429:retry-after=1',
  'status:408',
  'status:502:body=html',
  'status:504:body=empty',
  'status:418',
  'html',
  'v0',
  'flat',
  'missing-is-active',
  'wrong-run',
  'torn-json',
  'broken-gzip',
  'slow-headers:5s',
  'slow-body:5s',
  'no-answer',
  'stalled-body',
  'reset',
  'reset-mid-body',
  'oversize:20000000',
  // Seen, but oddly.
  'vanish:0.5:probability=0.5',
  'stale:5s:probability=0.5',
  'shuffled',
  'nulls:probability=0.5',
  // The API denies the run, but not often enough to be believed.
  'status:404:times=2',
  'status:422:times=2:body=detail',
];

describe('under every fault of the API at once, one run each', () => {
  let simulator: Simulator;
  let receiver: Receiver;
  let daemon: Daemon;
  let elsewhere: ReturnType<typeof createServer>;
  const strayRequests: string[] = [];
  const ids = new Map<string, string>();

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      strayRequests.push(request.headers['x-api-key']?.toString() ?? 'without key');
      response.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const redirect = `redirect:http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    for (const fault of [...FAULTS, redirect, 'none']) ids.set(fault, findallIdFor(fault));

    simulator = await createSimulator({
      scenarios: [...ids.values()].map((id) => withFindallId(demo, id)),
      clock: systemClock,
      timeScale: TIME_SCALE,
    });
    for (const [fault, id] of ids) if (fault !== 'none') simulator.setFault(id, parseFault(fault).fault);
    receiver = await startReceiver();
    daemon = await startDaemon({
      ...{ baseUrl: simulator.url, runs: [...ids.values()], webhookUrl: receiver.url },
      // Until every answer has shown every match, however busy the machine is.
      poll: { linger: '10m' },
    });
    // The healthy run's ending shows that all of them are over.
    await receiver.waitFor((r) => endings(r, ids.get('none')).length > 0, 60_000);
    for (const id of ids.values()) simulator.setFault(id, null);
    await receiver.waitFor((r) => [...ids.values()].every((id) => endings(r, id).length > 0), 60_000);
    // What a fault hid from the last answers is found while the runs linger. What is missing then each test says.
    const isWhole = (r: Receiver) =>
      [...ids.values()].every((id) => matchesOf(r, id) >= implied.matched.length);
    await receiver.waitFor(isWhole, 30_000).catch(() => {});
  }, 180_000);

  afterAll(async () => {
    await daemon.stop();
    await receiver.close();
    await simulator.close();
    elsewhere.close();
  });

  it.each([...FAULTS, 'redirect', 'none'])('%s costs no match and reports nothing false', (name) => {
    const fault = name === 'redirect' ? [...ids.keys()].find((key) => key.startsWith('redirect')) : name;
    const reported = eventsOf(receiver, ids.get(fault ?? name));

    const matched = reported.filter((event) => event.type === 'findall.candidate.matched');
    expect(new Set(matched.map((event) => event.data.candidate_id))).toEqual(new Set(implied.matched));
    expect(matched).toHaveLength(implied.matched.length);
    const others = reported.filter((event) => event.type !== 'findall.candidate.matched');
    expect(others.map((event) => [event.type, event.summary?.termination_reason])).toEqual([
      ['findall.run.completed', 'match_limit_met'],
    ]);
  });

  it('sends the key nowhere else when the API redirects', () => {
    expect(strayRequests).toEqual([]);
  });

  it('never polls a run twice at a time', () => {
    expect(simulator.maxOverlap()).toBe(1);
  });
});

describe('a failure that concerns more than one poll', () => {
  it('reports a refused key once, polls hardly at all meanwhile, and reports its return once', async () => {
    const ids = ['one', 'two', 'three', 'four'].map(findallIdFor);
    const simulator = await createSimulator({
      scenarios: ids.map((id) => withFindallId(demo, id)),
      clock: systemClock,
      timeScale: TIME_SCALE,
      apiKey: 'another-key',
    });
    const receiver = await startReceiver();
    const daemon = await startDaemon({
      baseUrl: simulator.url,
      runs: ids,
      webhookUrl: receiver.url,
      poll: { maxInterval: '500ms' },
    });
    await receiver.waitFor((r) => r.events().some((event) => event.type === 'findall.key.blocked'));
    const blockedAt = Date.now();
    const before = simulator.requestCount();
    await eventually(() => simulator.requestCount() >= before + 3);
    // A probe each half second, not four runs ten times a second.
    expect(Date.now() - blockedAt).toBeGreaterThan(900);

    simulator.setApiKey('fault-key');
    await receiver.waitFor((r) => ids.every((id) => endings(r, id).length > 0), 20_000);
    const keyEvents = receiver.events().filter((event) => event.type.startsWith('findall.key.'));
    expect(keyEvents.map((event) => event.type)).toEqual(['findall.key.blocked', 'findall.key.restored']);
    expect(keyEvents[0]?.data).toMatchObject({ status: 401 });

    await daemon.stop();
    await receiver.close();
    await simulator.close();
  });

  it('gives up a run that the API denies for good, says so once, and goes on with the others', async () => {
    const [denied, healthy] = [findallIdFor('denied'), findallIdFor('healthy')];
    const simulator = await createSimulator({
      scenarios: [withFindallId(demo, healthy)],
      clock: systemClock,
      timeScale: TIME_SCALE,
    });
    const receiver = await startReceiver();
    const daemon = await startDaemon({
      baseUrl: simulator.url,
      runs: [denied, healthy],
      webhookUrl: receiver.url,
    });
    await receiver.waitFor((r) => endings(r, healthy).length > 0 && eventsOf(r, denied).length > 0, 20_000);
    const [gone, ...others] = eventsOf(receiver, denied);
    expect([gone?.type, others]).toEqual(['findall.watch.gone', []]);
    // Asked until it was given up, however often that was in the second it takes, and never after.
    const asked = simulator.requests().filter((request) => request.findallId === denied);
    expect(asked.length).toBeGreaterThanOrEqual(3);
    const givenUpAt = Date.parse(gone?.timestamp ?? '');
    expect(asked.filter((request) => request.at > givenUpAt)).toEqual([]);

    await daemon.stop();
    await receiver.close();
    await simulator.close();
  });

  it('reports a lasting failure of a run once and its end once', async () => {
    const id = findallIdFor('disturbed');
    const simulator = await createSimulator({
      scenarios: [withFindallId(demo, id)],
      clock: systemClock,
      timeScale: TIME_SCALE,
    });
    simulator.setFault(id, { kind: 'status', status: 503 });
    const receiver = await startReceiver();
    const daemon = await startDaemon({
      baseUrl: simulator.url,
      runs: [id],
      webhookUrl: receiver.url,
      poll: { degradedAfter: '1s' },
    });
    await receiver.waitFor(
      (r) => r.events().some((event) => event.type === 'findall.watch.degraded'),
      20_000,
    );
    simulator.setFault(id, null);
    await receiver.waitFor((r) => endings(r, id).length > 0, 20_000);
    const types = eventsOf(receiver, id).map((event) => event.type);
    expect(types.filter((type) => type.startsWith('findall.watch.'))).toEqual([
      'findall.watch.degraded',
      'findall.watch.recovered',
    ]);
    expect(types.at(-1)).toBe('findall.run.completed');

    await daemon.stop();
    await receiver.close();
    await simulator.close();
  });
});

function eventsOf(receiver: Receiver, id: string | undefined): RunEvent[] {
  return receiver.events().filter((event) => event.findall_id === id);
}

function matchesOf(receiver: Receiver, id: string | undefined): number {
  return eventsOf(receiver, id).filter(({ type }) => type === 'findall.candidate.matched').length;
}

function endings(receiver: Receiver, id: string | undefined): RunEvent[] {
  return eventsOf(receiver, id).filter((event) => event.summary !== undefined);
}
