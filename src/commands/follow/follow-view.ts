import { candidateKindOf } from '../../events/catalogue.ts';
import type { TrackedRun } from '../../model.ts';
import type { PositionedEvent } from '../../record/history.ts';
import { cardLines, eventLines } from '../output/event-lines.ts';
import { jsonLine } from '../../text/json-line.ts';
import { logLines } from '../output/log-lines.ts';
import { progressLines } from './progress-lines.ts';
import { createRunNames } from '../../sinks/kit/run-names.ts';
import { layOut } from '../../text/wrap-text.ts';
import type { CommandContext } from '../command-context.ts';
import { createLiveBlock } from './live-block.ts';
import { isLive, layoutFor, sizeOf } from '../output/layout.ts';

/** Where a follow shows things: events and notes stay, progress is redrawn in place, diagnostics go to stderr. */
export interface FollowView {
  event(recorded: Pick<PositionedEvent, 'event' | 'json'>): void;
  /** The first line: what happens to what is recorded. On stderr; with `json` a line of JSON like the diagnostics. */
  opening(text: string, command?: string): void;
  /** A word to the person, not an event, and a command that is there to be copied: on stderr. */
  note(text: string, command?: string): void;
  /** The present state; replaces the one before. Shown on a terminal only. */
  progress(runs: readonly TrackedRun[], now: number): void;
  /** A JSON line of the log, on stderr; made readable unless `json`, in full when `verbose`. */
  diagnostic(line: string): void;
  /** Leaves a clean screen. */
  end(): void;
}

/** Columns the progress leaves free, so that a `^C` typed behind it stays in its row and is wiped with it. */
const SPARE_COLUMNS = 3;
const NARROWEST = 10;

export interface FollowViewOptions {
  json: boolean;
  verbose: boolean;
  ids: readonly string[];
}

/** Makes the view: rows of progress on a terminal, plain lines elsewhere, JSON lines when asked. */
export function createFollowView(
  { stdout, stderr, env }: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>,
  { json, verbose, ids }: FollowViewOptions,
): FollowView {
  const live = !json && isLive(stdout, env);
  const nameOf = createRunNames(ids);
  const block = createLiveBlock(stdout);
  const { above } = block;

  const note: FollowView['note'] = (text, command) => {
    const { width } = layoutFor(stderr, env);
    const rows = layOut([{ text, indent: 0 }], width);
    above(() => stderr.write(`${[...rows, ...(command ? [`  ${command}`] : [])].join('\n')}\n`));
  };

  return {
    opening(text, command) {
      if (json) stderr.write(jsonLine({ level: 'info', msg: text, ...(command ? { todo: command } : {}) }));
      else note(text, command);
    },
    event({ event, json: recorded }) {
      if (json) {
        stdout.write(`${recorded}\n`);
        return;
      }
      // People see no steps on the way to a match; `--json` has them.
      if (candidateKindOf(event.type)?.isDefault === false) return;
      const layout = layoutFor(stdout, env);
      const prefix =
        ids.length > 1 ? `${layout.paint('dim', `[${nameOf(event.findall_id, event.label)}]`)} ` : '';
      const lines = live ? cardLines(event, layout, prefix) : eventLines(event, layout, prefix);
      above(() => stdout.write(`${lines.join('\n')}\n`));
    },
    note,
    progress(runs, now) {
      if (!live) return;
      const { paint, width } = layoutFor(stdout, env);
      // Half of the screen at most: the matches are what one came for.
      const height = Math.max(1, Math.floor(sizeOf(stdout).rows / 2));
      const room = Math.max(NARROWEST, width - SPARE_COLUMNS);
      block.show(progressLines(runs, { now, paint, width: room, height, nameOf }));
    },
    diagnostic(text) {
      const shown = json
        ? text
        : `${logLines(text, layoutFor(stderr, env), { brief: !verbose }).join('\n')}\n`;
      above(() => stderr.write(shown));
    },
    end: block.clear,
  };
}
