import type { LoopHealth } from '../work-loop.ts';

/** One thing that must be so; `problem` says what is wrong, in words that anybody may read. */
export interface Check {
  name: string;
  problem: string | null;
}

/** What decides whether work is taken on. */
export interface Readiness {
  phase: 'starting' | 'running' | 'stopping';
  loops: readonly LoopHealth[];
  /** What is wrong with the store as far as is known. */
  problem: string | null;
  /** Whether the store answers a question now. */
  storeAnswers: boolean;
  /** When a write of the store failed, if none has succeeded since. */
  writeFailedAt: number | null;
  /** How long a failed write counts: what it was about comes again once its lease is over. */
  writeFailureMs: number;
  now: number;
}

/**
 * Is the process to be restarted? Only when a loop hangs: that does not fix a store or an API that fails. A loop
 * that has not begun is starting, not hanging. `elapsed` as of the clock: one that is set neither hides a loop that hangs
 * nor fails one that makes rounds.
 */
export function livenessOf(loops: readonly LoopHealth[], elapsed: number): Check[] {
  return loops.map(({ name, turnedAt, boundMs }) => {
    const stillMs = turnedAt === null ? 0 : elapsed - turnedAt;
    return { name, problem: stillMs > boundMs ? `no round for ${Math.round(stillMs / 1000)} s` : null };
  });
}

/** Does it do its work? The configuration holds and the migrations are done, or there would be nobody to ask. */
export function readinessOf(readiness: Readiness): Check[] {
  const { phase, loops } = readiness;
  return [
    { name: 'configuration', problem: null },
    { name: 'migrations', problem: null },
    { name: 'store', problem: storeProblem(readiness) },
    { name: 'phase', problem: phase === 'running' ? null : phase },
    ...loops.map(({ name, failing, turnedAt }) => {
      if (failing) return { name, problem: 'its last look at the store failed' };
      return { name, problem: turnedAt === null ? 'not started' : null };
    }),
  ];
}

function storeProblem({
  problem,
  storeAnswers,
  writeFailedAt,
  writeFailureMs,
  now,
}: Readiness): string | null {
  if (problem !== null) return problem;
  if (!storeAnswers) return 'does not answer';
  const failing = writeFailedAt !== null && now - writeFailedAt <= writeFailureMs;
  return failing ? 'its last write failed' : null;
}

/** Whether every check passed. */
export function isWell(checks: readonly Check[]): boolean {
  return checks.every(({ problem }) => problem === null);
}

/** The answer to a probe: `ok` or one line for each problem; verbose in the form of Kubernetes' own probes. */
export function probeText(probe: string, checks: readonly Check[], verbose: boolean): string {
  const failed = checks.filter(({ problem }) => problem !== null);
  if (!verbose) return isWell(checks) ? 'ok\n' : `${failed.map(lineOf).join('\n')}\n`;
  const lines = checks.map((check) =>
    check.problem === null ? `[+]${check.name} ok` : `[-]${check.name} failed: ${check.problem}`,
  );
  return `${[...lines, `${probe} check ${isWell(checks) ? 'passed' : 'failed'}`].join('\n')}\n`;
}

function lineOf({ name, problem }: Check): string {
  return `${name}: ${problem ?? 'ok'}`;
}
