/** A group of 71 matches for people, of which each message is followed by the death of the daemon, on both databases. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import { openStore } from '../../src/record/open-store.ts';
import { recordMatches } from '../record/store-actions.ts';
import { makeTempDatabase } from '../record/postgres/temp-postgres.ts';
import { type Receiver, startReceiver } from '../support/servers/receiver.ts';
import { type Exit, startProgram } from '../support/run-program.ts';
import { environmentIn } from './configurations.ts';

const DYING_DAEMON = fileURLToPath(new URL('dying-daemon.ts', import.meta.url));
const MATCHES = 71;
/** More than there are messages: one that never comes to its end is a failure. */
const MOST_LIVES = 20;

const RUN = 'findall_a';
const NAME = /Lighthouse c\d{4}/g;

interface Place {
  directory: string;
  path: string;
  receiver: Receiver;
}

async function openPlace(database: string): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-messages-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const receiver = await startReceiver({ respond: () => 200 });
  onTestFinished(() => receiver.close());
  const path = database === 'SQLite' ? join(directory, 'watch.db') : await makeTempDatabase();
  return { directory, path, receiver };
}

/** A daemon that dies at `point`, or that is killed once everything is delivered. Null: it was; else how it ended by itself. */
async function live({ directory, path }: Place, point: string): Promise<Exit | null> {
  const daemon = startProgram([], {
    entry: DYING_DAEMON,
    cwd: directory,
    env: { ...environmentIn(directory), FINDALL_WATCH_CONFIG: 'watch.yaml', CRASH_POINT: point },
  });
  const store = await openStore(path, newId);
  try {
    const isDone = async () => (await store.deliveries({ states: ['pending'], limit: 1 })).length === 0;
    for (;;) {
      const ended = await Promise.race([daemon.exited, systemClock.sleep(50).then(() => null)]);
      if (ended !== null) return ended;
      if (await isDone()) return null;
    }
  } finally {
    daemon.kill('SIGKILL');
    await daemon.exited;
    await store.close();
  }
}

it.each([
  ['SQLite', 'between the answer of the service and its settlement', 'deliver:after'],
  ['SQLite', 'right after its settlement', 'settle:after'],
  ['PostgreSQL', 'between the answer of the service and its settlement', 'deliver:after'],
])(
  'names each of 71 matches, in one message, on %s, killed after each message %s',
  async (database, _, point) => {
    const place = await openPlace(database);
    const { directory, path, receiver } = place;
    const sinks = [
      {
        name: 'team',
        type: 'telegram',
        token: `1:${'a'.repeat(30)}`,
        chat: '7',
        apiUrl: new URL(receiver.url).origin,
      },
    ];
    const settings = {
      api: { key: 'k', baseUrl: 'http://127.0.0.1:1' },
      store: { path, lease: '5s' },
      sinks: sinks.map((sink) => ({ ...sink, rate: 'none', group: { max: 50 } })),
    };
    writeFileSync(join(directory, 'watch.yaml'), JSON.stringify(settings));
    const store = await openStore(path, newId);
    await recordMatches(store, RUN, MATCHES, ['team'], { now: systemClock.now() });
    await store.untrackRun(RUN);
    await store.close();

    // Between answer and settlement the message is sent again: the death is after the next one.
    const nth = (lives: number) => (point === 'deliver:after' && lives > 0 ? 2 : 1);
    const exits: (Exit | null)[] = [];
    while (exits.length < MOST_LIVES && exits.at(-1) !== null)
      exits.push(await live(place, `${point}:${nth(exits.length)}`));
    const lives = exits.filter((exit) => exit?.signal === 'SIGKILL').length;
    expect(exits).toHaveLength(lives + 1);

    const messages = new Set(receiver.deliveries.map(({ text }) => text));
    const named = [...messages].flatMap((text) => text.match(NAME) ?? []);
    expect(named.toSorted()).toEqual([...new Set(named)].toSorted());
    expect(named).toHaveLength(MATCHES);
    expect(messages.size).toBeGreaterThan(1);
    expect(lives).toBeGreaterThanOrEqual(messages.size - 1);
    // The first arrivals are in order.
    const arrived = [...new Set(receiver.deliveries.flatMap(({ text }) => text.match(NAME) ?? []))];
    expect(arrived).toEqual(arrived.toSorted());
  },
  120_000,
);
