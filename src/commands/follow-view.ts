import { styleText } from 'node:util';
import type { RunEvent, TrackedRun } from '../model.ts';
import { cleanText, spanText } from '../present/clean-text.ts';
import { eventLines, type Paint, plain } from '../present/event-lines.ts';
import type { CommandContext } from './command-context.ts';

/** Where a follow shows things: events and notes for good, progress in place, diagnostics aside. */
export interface FollowView {
  event(event: RunEvent): void;
  /** A word to the person, not an event. */
  note(text: string): void;
  /** The present state; replaces the one before. Shown on a terminal only. */
  progress(runs: readonly TrackedRun[], now: number): void;
  /** A line of the log. */
  diagnostic(text: string): void;
  /** Leaves a clean screen. */
  end(): void;
}

/** Types that `follow` shows people; `--json` has them all. */
const QUIET_TYPES = new Set<string>([
  'findall.candidate.generated',
  'findall.candidate.unmatched',
  'findall.candidate.discarded',
]);

/** Makes the view: a progress line on a terminal, plain lines elsewhere, JSON lines when asked. */
export function createFollowView(
  { stdout, stderr, env }: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>,
  { json, several }: { json: boolean; several: boolean },
): FollowView {
  const live = !json && stdout.isTTY === true;
  const paint: Paint =
    live && !env.NO_COLOR ? (style, text) => styleText(style, text, { validateStream: false }) : plain;
  let line = '';

  function clear(): void {
    if (line !== '') stdout.write('\r\u001b[2K');
  }
  function above(write: () => void): void {
    clear();
    write();
    if (line !== '') stdout.write(line);
  }

  return {
    event(event) {
      if (json) {
        stdout.write(`${JSON.stringify(event)}\n`);
        return;
      }
      if (QUIET_TYPES.has(event.type)) return;
      const prefix = several ? `${paint('dim', `[${nameOf(event)}]`)} ` : '';
      above(() => stdout.write(`${eventLines(event, paint, prefix).join('\n')}\n`));
    },
    note(text) {
      above(() => (json ? stderr : stdout).write(`${text}\n`));
    },
    progress(runs, now) {
      if (!live) return;
      const next = paint('dim', cleanText(progressText(runs, now), Math.max(20, (stdout.columns ?? 80) - 1)));
      if (next === line) return;
      clear();
      line = next;
      stdout.write(line);
    },
    diagnostic(text) {
      above(() => stderr.write(text));
    },
    end() {
      clear();
      line = '';
    },
  };
}

function nameOf({ label, findall_id: id }: RunEvent): string {
  return cleanText(label ?? id ?? '', 40);
}

/** One line for all runs: the API's own counters, the status, and trouble if there is any. */
export function progressText(runs: readonly TrackedRun[], now: number): string {
  return runs
    .map((run) => {
      const name = runs.length > 1 ? `${run.label ?? run.findallId}: ` : '';
      const { failures, nextPollAt } = run;
      const wait = nextPollAt === null ? '' : `, next in ${spanText(Math.max(0, nextPollAt - now))}`;
      const trouble = failures > 0 ? ` · ${failures} failed ${failures === 1 ? 'poll' : 'polls'}${wait}` : '';
      if (run.run === null) return `${name}asking${trouble}`;
      const { status, metrics } = run.run.status;
      const counts = `${metrics.generated_candidates_count ?? 0} generated · ${metrics.matched_candidates_count ?? 0} matched`;
      return `${name}${status} · ${counts}${trouble}`;
    })
    .join(' | ');
}
