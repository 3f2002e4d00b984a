import type { RunEvent } from '../../run-event.ts';
import { parseJson } from '../../text/exact-number.ts';
import { cleanText } from '../../text/clean-text.ts';
import { eventLines } from './event-lines.ts';
import type { Layout, Paint } from './layout.ts';
import { createRunNames } from '../../sinks/kit/run-names.ts';
import { layOut } from '../../text/wrap-text.ts';

interface LogRecord {
  level: string;
  time: string;
  msg: string;
  event?: RunEvent;
  err?: { type?: string; message?: string; stack?: string };
  reason?: unknown;
  [field: string]: unknown;
}

const STYLES: Readonly<Record<string, Parameters<Paint>[0]>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** What stays when it has to be brief: whom it concerns and what was odd. */
const BRIEF = new Set(['findall_id', 'sink', 'field', 'value']);

const nameOf = createRunNames([]);

/**
 * A JSON line of the log made readable. An event that was queued for the log is shown as `follow` does. `brief` leaves
 * out what only somebody who looks for a fault wants.
 */
export function logLines(json: string, layout: Layout, { brief = false } = {}): string[] {
  const { level, time, msg, event, err, reason, ...fields } = parseJson(json) as LogRecord;
  const { paint, width } = layout;
  const at = paint('dim', new Date(time).toTimeString().slice(0, 8));
  if (event) return eventLines(event, layout, `${at} [${nameOf(event.findall_id, event.label)}] `);
  const why = reason ?? err?.message;
  const what = `${msg}${why === undefined ? '' : `: ${shown(why)}`}`;
  const rest = Object.entries(fields).filter(
    ([name, value]) => value !== null && value !== undefined && (!brief || BRIEF.has(name)),
  );
  const details = rest.map(([name, value]) => `${name}=${shown(value)}`).join(' ');
  const stack = (err?.stack ?? '').split('\n').slice(1);
  return layOut(
    [
      {
        text: `${at} ${paint(STYLES[level] ?? 'bold', `${level} ${what}`)}  ${paint('dim', details)}`.trimEnd(),
        indent: 0,
        hang: 4,
      },
      ...stack.map((frame) => ({ text: cleanText(frame), indent: 4 })),
    ],
    width,
  );
}

function shown(value: unknown): string {
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value), 300);
}
