import type { BodyFault } from './fault.ts';
import { createRandom, seedFrom } from '../seeded-random.ts';
import type { ResultBody } from '../scenario/timeline.ts';

type BodyDistortion = Exclude<BodyFault, { kind: 'html' | 'stale' }>;

/**
 * A body that is not quite `body`, as `fault` says. Pure, and without chance: the same snapshot is distorted
 * into the same bytes at every poll.
 */
export function distort(body: ResultBody, fault: BodyDistortion): unknown {
  if (fault.kind === 'vanish') return vanished(body, fault.share);
  return DISTORTIONS[fault.kind](body);
}

const DISTORTIONS: Record<Exclude<BodyDistortion['kind'], 'vanish'>, (body: ResultBody) => unknown> = {
  v0: oldBody,
  flat: ({ run, ...rest }) => ({ findall_id: run.findall_id, status: run.status, ...rest }),
  'missing-is-active': withoutActivity,
  'wrong-run': (body) => ({ ...body, run: { ...body.run, findall_id: otherId(body.run.findall_id) } }),
  'unknown-enums': withUnknownEnums,
  nulls: withNulls,
  shuffled: (body) => ({ ...body, candidates: shuffled(body) }),
};

function vanished(body: ResultBody, share: number): unknown {
  return { ...body, candidates: body.candidates.filter((one) => lotOf(one.candidate_id) >= share) };
}

function withoutActivity(body: ResultBody): unknown {
  const { is_active: _, ...status } = body.run.status;
  return { ...body, run: { ...body.run, status } };
}

/** The body of the API's first version, which has no `run` and calls its rows results. */
function oldBody({ run, candidates }: ResultBody): unknown {
  return {
    findall_id: run.findall_id,
    is_active: run.status.is_active,
    is_finalized: !run.status.is_active,
    results: candidates
      .filter((one) => one.match_status === 'matched')
      .map((one) => ({
        entity_id: one.candidate_id,
        name: one.name,
        url: one.url,
        description: one.description,
      })),
  };
}

/** Every enum gets a new value, except `matched`: a match stays recognisable. */
function withUnknownEnums(body: ResultBody): unknown {
  const { status } = body.run;
  return {
    ...body,
    run: {
      ...body.run,
      generator: 'ultra',
      status: {
        ...status,
        ...(status.is_active ? { status: 'reranking' } : {}),
        ...(status.termination_reason == null ? {} : { termination_reason: 'quota_rebalanced' }),
      },
    },
    candidates: body.candidates.map((one) =>
      ['generated', 'discarded'].includes(one.match_status) ? { ...one, match_status: 'parked' } : one,
    ),
  };
}

/** Null where the schema allows it and the body has no value: means the same as absent. */
function withNulls(body: ResultBody): unknown {
  return {
    last_event_id: null,
    ...body,
    run: { ...body.run, status: { termination_reason: null, ...body.run.status } },
    candidates: body.candidates.map((one) => ({ description: null, output: null, basis: null, ...one })),
  };
}

function shuffled({ candidates }: ResultBody): unknown[] {
  return candidates
    .map((candidate) => ({ candidate, lot: lotOf(candidate.candidate_id) }))
    .toSorted((one, other) => one.lot - other.lot)
    .map(({ candidate }) => candidate);
}

function lotOf(candidateId: string): number {
  return createRandom(seedFrom(candidateId)).next();
}

function otherId(findallId: string): string {
  return `findall_${createRandom(seedFrom(`other than ${findallId}`)).hex(32)}`;
}
