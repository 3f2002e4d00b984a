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
  /** What happened, how it ended, and why: these follow the message. */
  what?: unknown;
  status?: unknown;
  reason?: unknown;
  /** The next command. */
  todo?: unknown;
  findall_id?: unknown;
  label?: unknown;
  [field: string]: unknown;
}

const STYLES: Readonly<Record<string, Parameters<Paint>[0]>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** What stays when it has to be brief: whom it concerns and what was odd. */
const BRIEF = new Set(['findall_id', 'sink', 'field', 'value']);
/** What a line at info has for programs only. The run stands before the message. */
const FOR_PROGRAMS = new Set(['findall_id', 'event_ids', 'events', 'outcome', 'bytes', 'next_poll_at']);

const nameOf = createRunNames([]);

/**
 * A JSON line of the log made readable. An event that was queued for the log is shown as `follow` does. A run is named by its
 * label or by its id. `brief` leaves out what only somebody who looks for a fault wants.
 */
export function logLines(json: string, layout: Layout, { brief = false } = {}): string[] {
  const { level, time, msg, event, err, what, status, reason, todo, ...fields } = parseJson(
    json,
  ) as LogRecord;
  const { paint, width } = layout;
  const at = paint('dim', new Date(time).toTimeString().slice(0, 8));
  if (event) return eventLines(event, layout, `${at} [${nameOf(event.findall_id, event.label)}] `);
  const run = runOf(fields, level === 'info' && !brief);
  const details = detailsOf(fields, { level, brief });
  const said = [what, status, reason ?? err?.message].filter((part) => part !== null && part !== undefined);
  const text = `${msg}${said.length === 0 ? '' : `: ${said.map(shown).join(', ')}`}`;
  const stack = (err?.stack ?? '').split('\n').slice(1);
  return layOut(
    [
      {
        text: `${at} ${run}${paint(STYLES[level] ?? 'bold', level)} ${paint('bold', text)}  ${paint('dim', details)}`.trimEnd(),
        ...{ indent: 0, hang: 4 },
      },
      ...(todo === undefined || brief ? [] : [{ text: shown(todo), indent: 4 }]),
      ...stack.map((frame) => ({ text: cleanText(frame), indent: 4 })),
    ],
    width,
  );
}

/** The run that a line is about, in brackets: its label or, where that is enough, the beginning of its id. */
function runOf({ findall_id: id, label }: Record<string, unknown>, isShort: boolean): string {
  const written = typeof label === 'string' ? cleanText(label) : '';
  if (typeof id !== 'string' || (written === '' && !isShort)) return '';
  return `[${nameOf(id, written)}] `;
}

function detailsOf(
  fields: Record<string, unknown>,
  { level, brief }: { level: string; brief: boolean },
): string {
  return Object.entries(fields)
    .filter(([name, value]) => value !== null && value !== undefined && name !== 'label')
    .filter(([name]) => (brief ? BRIEF.has(name) : level !== 'info' || !FOR_PROGRAMS.has(name)))
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(' ');
}

function shown(value: unknown): string {
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value), 300);
}
