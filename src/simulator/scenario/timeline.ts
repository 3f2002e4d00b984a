import type { Snapshot } from '../../model.ts';
import type { DocumentedCandidate, DocumentedRun, FieldBasis } from '../documented-result.ts';
import { isActiveStatus, type Scenario, type TimelineStep } from './scenario.ts';

/** Body of `GET …/result`, as the API documents it. Absent fields are left out, never null. */
export interface ResultBody extends Snapshot {
  run: DocumentedRun;
  candidates: DocumentedCandidate[];
  last_event_id?: string;
}

/** Where a scenario's time stands in the world's: instant of its start and scenario ms per real ms. */
export interface Epoch {
  startedAt: number;
  timeScale: number;
}

interface RunState {
  status: string;
  isActive: boolean;
  terminationReason: string | undefined;
  /** In order of first mention, which is the order of the answer. */
  candidates: Map<string, DocumentedCandidate>;
  vanished: Set<string>;
}

/**
 * The answer of the API `elapsedMs` (scenario time, Infinity allowed) after the scenario's start.
 *
 * Pure: equal arguments give equal bodies, and between two steps the body does not change at all. It
 * satisfies the published schema at every instant, as far as the scenario itself keeps to the known values.
 * `metrics` count every candidate of the run, vanished ones too.
 */
export function snapshotAt(
  scenario: Scenario,
  elapsedMs: number,
  epoch: Epoch = { startedAt: 0, timeScale: 1 },
): ResultBody {
  return snapshotAfter(scenario, stepsTaken(scenario, elapsedMs), epoch);
}

/** How many steps of the timeline have happened after `elapsedMs`. */
export function stepsTaken(scenario: Scenario, elapsedMs: number): number {
  let low = 0;
  let high = scenario.timeline.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((scenario.timeline[middle]?.atMs ?? Infinity) <= elapsedMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The answer once the first `steps` steps have happened. */
export function snapshotAfter(scenario: Scenario, steps: number, epoch: Epoch): ResultBody {
  const state = stateAfter(scenario, steps);
  const last = scenario.timeline[steps - 1];
  const createdAt = microseconds(epoch, scenario.createdAtMs, 0);
  const modifiedAt = last === undefined ? createdAt : microseconds(epoch, last.atMs, steps);
  return {
    run: runObject(scenario, state, createdAt, modifiedAt),
    candidates: [...state.candidates.values()].filter((one) => !state.vanished.has(one.candidate_id)),
    // The documented cursors are microseconds since the epoch in hex.
    ...(last === undefined ? {} : { last_event_id: modifiedAt.toString(16) }),
  };
}

function stateAfter(scenario: Scenario, steps: number): RunState {
  const state: RunState = {
    status: 'queued',
    isActive: true,
    terminationReason: undefined,
    candidates: new Map(),
    vanished: new Set(),
  };
  for (const step of scenario.timeline.slice(0, steps)) takeStep(state, step);
  return state;
}

function takeStep(state: RunState, step: TimelineStep): void {
  switch (step.kind) {
    case 'status':
      state.status = step.status;
      state.isActive = step.isActive ?? isActiveStatus(step.status);
      return;
    case 'end':
      state.status = step.status;
      state.isActive = false;
      state.terminationReason = step.terminationReason;
      return;
    case 'revive':
      state.status = step.status ?? 'running';
      state.isActive = true;
      if (step.keepTerminationReason !== true) state.terminationReason = undefined;
      return;
    case 'candidate':
      putCandidate(state, step.candidate);
      return;
    case 'vanish':
      state.vanished.add(step.candidateId);
      return;
    case 'return':
      state.vanished.delete(step.candidateId);
      return;
    case 'enrich':
      enrichCandidate(state, step.candidateId, step.output, step.basis ?? []);
  }
}

function putCandidate(state: RunState, given: Partial<DocumentedCandidate> & { candidate_id: string }): void {
  const prior = state.candidates.get(given.candidate_id);
  state.candidates.set(given.candidate_id, {
    name: prior?.name ?? '',
    url: prior?.url ?? '',
    match_status: 'generated',
    ...prior,
    ...given,
  });
}

function enrichCandidate(
  state: RunState,
  candidateId: string,
  output: Record<string, unknown>,
  basis: FieldBasis[],
): void {
  const prior = state.candidates.get(candidateId);
  if (prior === undefined) return;
  const replaced = new Set(basis.map((one) => one.field));
  state.candidates.set(candidateId, {
    ...prior,
    output: { ...prior.output, ...output },
    basis: [...(prior.basis ?? []).filter((one) => !replaced.has(one.field)), ...basis],
  });
}

function runObject(
  scenario: Scenario,
  state: RunState,
  createdAt: number,
  modifiedAt: number,
): DocumentedRun {
  const candidates = [...state.candidates.values()];
  return {
    findall_id: scenario.findallId,
    status: {
      status: state.status,
      is_active: state.isActive,
      metrics: {
        generated_candidates_count: candidates.length,
        matched_candidates_count: candidates.filter((one) => one.match_status === 'matched').length,
      },
      ...(state.terminationReason === undefined ? {} : { termination_reason: state.terminationReason }),
    },
    generator: scenario.generator,
    metadata: scenario.metadata,
    created_at: isoMicroseconds(createdAt),
    modified_at: isoMicroseconds(modifiedAt),
  };
}

/**
 * Epoch microseconds of a scenario instant. The digits below the millisecond only make the text look like
 * the API's and keep steps of one millisecond apart.
 */
function microseconds(epoch: Epoch, atMs: number, step: number): number {
  return Math.floor(epoch.startedAt + atMs / epoch.timeScale) * 1_000 + Math.min(999, 104 + step);
}

function isoMicroseconds(value: number): string {
  const ms = Math.floor(value / 1_000);
  // Not the remainder: it would be negative before 1970, where clocks of tests like to begin.
  return new Date(ms).toISOString().replace('Z', `${String(value - ms * 1_000).padStart(3, '0')}Z`);
}
