/** What people get of groups and quiet hours, from the real daemon: a phone by way of ntfy. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import { newId } from '../../../../src/commands/new-id.ts';
import { openStore } from '../../../../src/record/open-store.ts';
import { eventually } from '../../../support/eventually.ts';
import { type ReceivedDelivery, type Receiver, startReceiver } from '../../../support/servers/receiver.ts';
import type { Program } from '../../../support/run-program.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../support/program-sandbox.ts';

/** Matches of the scenario `demo`. */
const MATCHES = 6;
const HOUR = 3_600_000;

/** Quiet from an hour ago to an hour from now. */
function quietNow(): object {
  const clock = (at: number) => new Date(at).toISOString().slice(11, 16);
  const now = systemClock.now();
  return { quiet: [{ from: clock(now - HOUR), to: clock(now + HOUR) }] };
}

async function openPhone(options: Partial<SandboxOptions> = {}) {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const sandbox = await openSandbox({ scenarios: ['demo'], ...options });
  const url = `${new URL(receiver.url).origin}/topic`;
  return { receiver, sandbox, configure: (rules: object) => configure(sandbox, { url, ...rules }) };
}

function configure({ directory }: Sandbox, rules: object): void {
  mkdirSync(join(directory, 'config'), { recursive: true });
  const sinks = [{ name: 'phone', type: 'ntfy', ...rules }];
  writeFileSync(join(directory, 'config', 'findall-watch.yaml'), JSON.stringify({ sinks }));
}

function textOf({ body }: ReceivedDelivery): { title: string; message: string } {
  return body as unknown as { title: string; message: string };
}

/** Alone it says so in the title only. */
function isEnding({ title, message }: { title: string; message: string }): boolean {
  return `${title} ${message}`.includes('the match limit was reached');
}

/** Waits until the run has ended and all of it is recorded. */
async function untilEnded({ store, ids }: Sandbox): Promise<void> {
  const opened = await openStore(store, newId);
  onTestFinished(() => opened.close());
  await eventually(async () => (await opened.run(ids[0]))?.state === 'ended');
}

async function untilReported(receiver: Receiver): Promise<void> {
  await receiver.waitFor(({ deliveries }) => deliveries.some((delivery) => isEnding(textOf(delivery))));
}

/** The names of the matches in a message, each with its address, and how many of them are shown with details. */
function namedIn({ message }: { message: string }): { names: string[]; detailed: number } {
  const names = [...message.matchAll(/^✔ (.+) \(https:\S+\)$/gm)].map(([, name = '']) => name);
  return {
    names,
    detailed: message.split('\n\n').filter((part) => /^✔ .*\n./.test(part)).length,
  };
}

/** The matches that are named in messages until the run has ended, and how many messages that takes. */
async function namedInAll(receiver: Receiver, daemon: Program): Promise<{ names: number; messages: number }> {
  await untilReported(receiver);
  daemon.kill('SIGTERM');
  await daemon.exited;
  const names = receiver.deliveries.flatMap((delivery) => namedIn(textOf(delivery)).names);
  return { names: new Set(names).size, messages: receiver.deliveries.length };
}

test('of a group each match is named once, a few with details, and the ending comes last and is not held back', async () => {
  const { receiver, sandbox, configure: use } = await openPhone({ timeScale: 4, beginsWithFirstPoll: true });
  use({ group: { wait: '1h', max: 2 } });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await untilReported(receiver);
  daemon.kill('SIGTERM');
  await daemon.exited;

  const texts = receiver.deliveries.map(textOf);
  const names = texts.flatMap((text) => namedIn(text).names);
  expect(new Set(names).size).toBe(MATCHES);
  expect(names).toHaveLength(MATCHES);
  expect(texts.findIndex(isEnding)).toBe(texts.length - 1);
});

test('with overflow: count a group is one message that counts what it does not name', async () => {
  const { receiver, sandbox, configure: use } = await openPhone();
  use({ group: { wait: '1h', max: 2, overflow: 'count' } });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await untilReported(receiver);
  daemon.kill('SIGTERM');
  await daemon.exited;

  const texts = receiver.deliveries.map(textOf);
  const listed = texts.map((text) => namedIn(text).names.length);
  expect(Math.max(...listed)).toBeLessThanOrEqual(2);
  const counted = texts.map(({ message }) => Number(/\+ (\d+) more/.exec(message)?.[1] ?? 0));
  const sum = (numbers: number[]) => numbers.reduce((one, other) => one + other, 0);
  expect(sum(listed) + sum(counted)).toBe(MATCHES);
});

test('group.max: 1 is one message for each match', async () => {
  const { receiver, sandbox, configure: use } = await openPhone();
  use({ group: { max: 1 } });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await untilReported(receiver);
  daemon.kill('SIGTERM');
  await daemon.exited;

  const named = receiver.deliveries.map((delivery) => namedIn(textOf(delivery)));
  expect(named.map(({ names }) => names.length)).toEqual([...Array.from({ length: MATCHES }, () => 1), 0]);
  expect(named.map(({ detailed }) => detailed)).toEqual(named.map(({ names }) => names.length));
});

test('in quiet hours nothing is delivered, and when they are taken out of the configuration all of it is sent as one group', async () => {
  const { receiver, sandbox, configure: use } = await openPhone();
  use(quietNow());
  const quiet = sandbox.start(['serve', ...sandbox.ids]);
  await untilEnded(sandbox);
  quiet.kill('SIGTERM');
  await quiet.exited;
  expect(receiver.deliveries).toEqual([]);

  use({});
  const daemon = sandbox.start(['serve']);
  // Two messages: each holds as many matches as a notification does.
  expect(await namedInAll(receiver, daemon)).toEqual({ names: MATCHES, messages: 2 });
});

test('what is urgent is delivered in quiet hours, with what stands before it', async () => {
  const { receiver, sandbox, configure: use } = await openPhone();
  use({ ...quietNow(), urgent: ['findall.run.completed'] });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  // Two messages: each holds as many matches as a notification does.
  expect(await namedInAll(receiver, daemon)).toEqual({ names: MATCHES, messages: 2 });
});

test('a follow does not wait for quiet hours to end, and says until when they hold what is pending', async () => {
  const { receiver, sandbox, configure: use } = await openPhone();
  use(quietNow());
  const startedAt = systemClock.now();
  const { code, stderr } = await sandbox.run(['follow', ...sandbox.ids, '--deliver']);

  expect(code).toBe(0);
  expect(stderr).toMatch(/still pending for sink phone \(held by its quiet hours until .*Z\)/);
  // Quiet hours last an hour from here.
  expect(systemClock.now() - startedAt).toBeLessThan(60_000);
  expect(receiver.deliveries).toEqual([]);
});
