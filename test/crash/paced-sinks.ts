/** The sinks of a campaign that do not get events at once: in groups, at a rate, after quiet hours. */
import { mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '../../src/run-event.ts';
import type { SinkSection } from './configurations.ts';

const MINUTE_MS = 60_000;
/** How long a campaign is quiet from its start. */
const QUIET_MS = 15_000;

/** What the paced sinks are configured to keep. */
export interface PaceRules {
  /** Nothing but what is urgent, and what stands before it, reaches the receiver before this. */
  quietUntil: number;
  /** How far ahead the daemons' clock is. */
  clockOffsetMs: number;
  urgent: string[];
  rate: { count: number; windowMs: number };
  /** Most events a message to the command carries. */
  most: number;
  /** Where the command puts what it gets. */
  inbox: string;
}

/** One message to the command, as far as it came. */
export interface Batch {
  /** When the command began, epoch ms. */
  at: number;
  events: RunEvent[];
  /** The daemon died while it wrote. */
  torn: boolean;
}

/** Quiet from before `startedAt`. Windows know no seconds: the daemons' clock is set so that a minute of theirs ends then. */
export function paceRules(startedAt: number, directory: string): PaceRules {
  const inbox = join(directory, 'inbox');
  mkdirSync(inbox);
  const quietUntil = startedAt + QUIET_MS;
  return {
    quietUntil,
    clockOffsetMs: Math.ceil(quietUntil / MINUTE_MS) * MINUTE_MS - quietUntil,
    urgent: ['findall.run.action_required', 'findall.sink.*'],
    rate: { count: 50, windowMs: 1000 },
    most: 20,
    inbox,
  };
}

/** As the configuration writes them. */
export function pacedSinks(url: string, people: string, rules: PaceRules): SinkSection[] {
  const { quietUntil, clockOffsetMs, urgent, rate, most, inbox } = rules;
  const clock = (at: number) => new Date(at + clockOffsetMs).toISOString().slice(11, 16);
  const from = clock(quietUntil - 10 * MINUTE_MS);
  const retry = { first: '20ms', max: '200ms', alertAfter: '1s' };
  // A message is a file of its own, named by the time at which it began.
  const command = `f=${inbox}/$(date +%s%3N)-$$; cat > $f.part; mv $f.part $f`;
  return [
    {
      ...{ name: 'paced', type: 'webhook', url, timeout: '5s', events: ['findall.*'], retry, urgent },
      quiet: [{ from, to: clock(quietUntil) }],
      group: { wait: '150ms' },
      rate: `${rate.count}/${rate.windowMs}ms`,
    },
    {
      ...{
        name: 'batch',
        type: 'command',
        timeout: '2s',
        command: ['sh', '-c', command],
        events: ['findall.*'],
        retry,
      },
      group: { wait: '300ms', max: most },
    },
    // Messages that hold a few events each, so that a group is several of them.
    {
      ...{ name: 'people', type: 'ntfy', url: `${new URL(people).origin}/topic`, timeout: '5s' },
      ...{ events: ['findall.*'], retry, urgent, quiet: [{ from, to: clock(quietUntil) }] },
      group: { wait: '200ms', max: 50 },
      rate: '20/s',
    },
  ];
}

/** What the command was given, in order. */
export async function readBatches(inbox: string): Promise<Batch[]> {
  const names = (await readdir(inbox)).filter((name) => !name.endsWith('.part')).toSorted();
  return await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(inbox, name), 'utf8')).split('\n');
      const torn = lines.pop() !== '';
      return {
        at: Number(name.split('-')[0]),
        events: lines.map((line) => JSON.parse(line) as RunEvent),
        torn,
      };
    }),
  );
}
