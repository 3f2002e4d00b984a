import type { RunEvent, TrackedRun } from '../model.ts';
import { cleanText } from '../present/clean-text.ts';
import { eventLines } from '../present/event-lines.ts';
import { jsonLine } from '../present/json-line.ts';
import { logLines } from '../present/log-lines.ts';
import { progressText } from '../present/progress-text.ts';
import { createRunNames } from '../present/run-names.ts';
import { layOut } from '../present/wrap-text.ts';
import type { CommandContext } from './command-context.ts';
import { isLive, layoutFor } from './output-layout.ts';

/** Where a follow shows things: events and notes for good, progress in place, diagnostics aside. */
export interface FollowView {
  event(event: RunEvent): void;
  /** A word to the person, not an event: on stderr. */
  note(text: string): void;
  /** The present state; replaces the one before. Shown on a terminal only. */
  progress(runs: readonly TrackedRun[], now: number): void;
  /** A JSON line of the log, on stderr; made readable unless `json`, in full when `verbose`. */
  diagnostic(line: string): void;
  /** Leaves a clean screen. */
  end(): void;
}

/** Types that `follow` shows people; `--json` has them all. */
const QUIET_TYPES = new Set<string>([
  'findall.candidate.generated',
  'findall.candidate.unmatched',
  'findall.candidate.discarded',
]);

/** Columns the progress line leaves free, so that a `^C` typed behind it stays in its row and is wiped with it. */
const SPARE_COLUMNS = 3;

/** Makes the view: a progress line on a terminal, plain lines elsewhere, JSON lines when asked. */
export function createFollowView(
  { stdout, stderr, env }: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>,
  { json, verbose, ids }: { json: boolean; verbose: boolean; ids: readonly string[] },
): FollowView {
  const live = !json && isLive(stdout, env);
  const nameOf = createRunNames(ids);
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
        stdout.write(jsonLine(event));
        return;
      }
      if (QUIET_TYPES.has(event.type)) return;
      const layout = layoutFor(stdout, env);
      const prefix =
        ids.length > 1 ? `${layout.paint('dim', `[${nameOf(event.findall_id, event.label)}]`)} ` : '';
      above(() => stdout.write(`${eventLines(event, layout, prefix).join('\n')}\n`));
    },
    note(text) {
      const { width } = layoutFor(stderr, env);
      above(() => stderr.write(`${layOut([{ text, indent: 0 }], width).join('\n')}\n`));
    },
    progress(runs, now) {
      if (!live) return;
      const { paint, width } = layoutFor(stdout, env);
      const next = paint('dim', cleanText(progressText(runs, now), Math.max(20, width - SPARE_COLUMNS)));
      if (next === line) return;
      clear();
      line = next;
      stdout.write(line);
    },
    diagnostic(text) {
      const shown = json
        ? text
        : `${logLines(text, layoutFor(stderr, env), { brief: !verbose }).join('\n')}\n`;
      above(() => stderr.write(shown));
    },
    end() {
      clear();
      line = '';
    },
  };
}
