// cspell:ignore skagen
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../../../src/poll/findall/parse-snapshot.ts';
import type { PollAnswer } from '../../../../src/poll/source.ts';
import { watchRun } from '../../../../src/poll/watch-run.ts';
import { RUN_ID, runObject } from '../../../builders/model-builders.ts';
import { bytes, runningPayload } from '../../payloads.ts';
import { ENOUGH_ROOM, ScriptedSource } from '../../scripted-source.ts';
import { openTempStore } from '../../../builders/temp-store.ts';
import { alwaysInForce, POLICY, seen, Watch } from '../../watch.ts';

const MATCH = { candidate_id: 'c1', name: 'Skagen', url: 'https://skagen.example', match_status: 'matched' };

/** Every shape twice: as it is first seen and as enrichment leaves it. */
const SHAPES: [string, first: object, enriched: object][] = [
  ['an output that is a list', { output: ['lit'] }, { output: ['lit', { height: '46 m' }] }],
  ['an output that is a text', { output: 'lit' }, { output: 'lit, 46 m' }],
  ['an output that becomes a text', { output: { lit: 'yes' } }, { output: 'lit, 46 m' }],
  [
    'a basis that is a map',
    { output: { height: '31 m' }, basis: { height: { reasoning: 'estimated' } } },
    { output: { height: '46 m' }, basis: { height: { reasoning: 'measured' } } },
  ],
  [
    'a confidence that is a number',
    { output: '31 m', basis: [{ field: 'height', reasoning: 'r', confidence: 0.4 }] },
    { output: '46 m', basis: [{ field: 'height', reasoning: 'r', confidence: 0.9 }] },
  ],
  [
    'excerpts that are objects',
    {
      output: 31,
      basis: [{ field: 'height', citations: [{ url: 'x.example', excerpts: [{ text: '31 m' }] }] }],
    },
    {
      output: 46,
      basis: [{ field: 'height', citations: [{ url: 'x.example', excerpts: [{ text: '46 m' }] }] }],
    },
  ],
  [
    'a key that is named as a prototype',
    { output: JSON.parse('{"__proto__":{"height":"31 m"}}') as object },
    { output: JSON.parse('{"__proto__":{"height":"46 m"}}') as object },
  ],
  ['a description that is an object', { description: { en: 'brick' } }, { description: [7], output: 'lit' }],
];

let bodies = 0;

/** The answer of the source to a body with this candidate. */
function answering(candidate: object): PollAnswer {
  const parsed = parseSnapshot(bytes({ ...runningPayload(), candidates: [candidate] }), RUN_ID);
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  return { ...parsed, bodyDigest: `body ${++bodies}`, bytes: 100 };
}

describe('what comes in a shape that no document shows', () => {
  it.each(SHAPES)(
    'is reported as it came, and reported again when it is enriched: %s',
    (_, first, enriched) => {
      const watch = new Watch();
      const reports = [first, first, enriched].map((more) => watch.poll(answering({ ...MATCH, ...more })));
      expect(reports).toEqual([['candidate.matched'], [], ['candidate.enriched']]);
      expect(watch.reported.map(({ data }) => JSON.stringify(data))).toEqual(
        [first, enriched].map((more) => JSON.stringify({ ...MATCH, ...more, findall_id: RUN_ID })),
      );
    },
  );

  it.each(SHAPES)('is stored as it came: %s', async (_, first, enriched) => {
    const store = await openTempStore();
    await store.trackRun({ findallId: RUN_ID, mode: 'declare' }, 0);
    const kept: string[] = [];
    for (const more of [first, enriched]) {
      const now = 3_600_000 * (kept.length + 1);
      const [lease] = await store.claimDueRuns({
        ...{ owner: 'me', now, leaseMs: 90_000, limit: 1, keyFingerprint: POLICY.keyFingerprint },
      });
      if (!lease) throw new Error('not due');
      const body = bytes({ ...runningPayload(), candidates: [{ ...MATCH, ...more }] });
      const answer = {
        kind: 'body',
        origin: 'https://api.example',
        body,
        bodyDigest: `body ${++bodies}`,
        bytes: 100,
        room: ENOUGH_ROOM,
      } as const;
      const source = new ScriptedSource(() => Promise.resolve(answer));
      const clock = { now: () => now, elapsed: () => now, sleep: () => Promise.resolve() };
      const { keyFingerprint } = POLICY;
      const inForce = alwaysInForce(POLICY);
      const deps = {
        promptMs: 10_000,
        source,
        store,
        inForce,
        keyFingerprint,
        clock,
        random: () => 0.5,
        report: () => {},
      };
      await watchRun(lease, deps, new AbortController().signal);
      kept.push((await store.candidates(RUN_ID))[0]?.json ?? '');
    }
    expect(kept).toEqual([first, enriched].map((more) => JSON.stringify({ ...MATCH, ...more })));
    const events = await store.events({ limit: 10 });
    expect(events.map(({ event }) => event.type)).toEqual([
      'findall.candidate.matched',
      'findall.candidate.enriched',
    ]);
  });
});

describe('a run in a shape that no document shows', () => {
  const odd = runObject('completed', {
    metadata: ['coast'],
    created_at: 1_770_000_000,
    modified_at: { at: 1 },
  });
  odd.status = { ...odd.status, metrics: 'many', termination_reason: { code: 7 } };

  it('ends as any other, and is reported and remembered as it came', () => {
    const watch = Watch.of('running');
    expect(watch.poll(seen({ run: odd, candidates: [] }))).toEqual(['run.completed']);
    const [ended] = watch.reported;
    expect(ended).toMatchObject({
      metadata: null,
      summary: { status: 'completed', termination_reason: null, duration_ms: null },
    });
    expect(JSON.stringify(ended?.data)).toBe(JSON.stringify(odd));
    expect(JSON.stringify(watch.run.run)).toBe(JSON.stringify(odd));
    expect(watch.poll(seen({ run: { ...odd, modified_at: 1 }, candidates: [] }))).toEqual([]);
  });
});
