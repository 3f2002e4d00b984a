import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { journalLine } from '../../src/logging/journal.ts';
import { matchEvent } from '../builders/event-builders.ts';
import { openSandbox } from '../support/program-sandbox.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
/** The README's filters over the journal, in its order: matches, endings, failures. */
const filters = [...README.matchAll(/^journalctl .* \| (jq .*)$/gm)].map((match) => match[1] ?? '');

/** What a filter makes of the journal, a line each. */
function select(filter: string, journal: string): string[] {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', filter], { input: journal, encoding: 'utf8' });
  if (status === 127) throw new Error('jq is not on PATH: install the Debian package jq, see test/README.md');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

it('the filters that the README has for the journal show matches, endings and failures, each nothing else', async () => {
  expect(filters).toHaveLength(3);
  const [matches = '', endings = '', fault = ''] = filters;
  // Nobody listens there.
  const env = { FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' };
  const sandbox = await openSandbox({ scenarios: ['demo', 'failed-with-matches'], env });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  for (const each of ['run completed', 'run failed', 'delivery failed']) await daemon.says(`"msg":"${each}"`);
  daemon.kill('SIGTERM');
  await daemon.exited;
  // systemd speaks in the journal as well, and not in JSON.
  const journal = `Starting findall-watch.service...\n${daemon.stdout()}Stopped findall-watch.service.\n`;

  const found = select(matches, journal);
  expect(found).toHaveLength(journal.split('"msg":"match found"').length - 1);
  expect(found.join('\n')).toMatch(/^Northwind Labs\thttps:\/\/northwind-labs\.example/m);

  const ended = select(endings, journal).map((line) => line.split('\t').slice(1));
  expect(new Set(ended.map(([type]) => type))).toEqual(
    new Set(['findall.run.completed', 'findall.run.failed']),
  );
  expect(ended).toHaveLength(2);
  expect(ended).toContainEqual(['findall.run.completed', sandbox.ids[0], 'match_limit_met']);

  const warned = journal.split('\n').filter((line) => line.startsWith('{"level":"warn"'));
  const key = '{"level":"info","event":{"type":"findall.key.blocked"},"msg":"key blocked"}';
  expect(select(fault, `${journal}${key}\n`)).toEqual([...warned, key]);
  expect(warned.join('\n')).toContain('"msg":"delivery failed"');
});

/** What `journalctl -o cat` shows of lines: journald takes the prefix as the priority, and cuts at its LineMax. */
function throughJournald(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.trimEnd().match(/.{1,49152}/gs) ?? [])
    .map((piece) => `${piece.replace(/^<\d>/, '')}\n`)
    .join('');
}

it('a match of more than 48 KiB is shown like any other, because its line is shortened before journald would cut it', () => {
  const [matches = ''] = filters;
  const lines = ['Small', 'Large', 'Last'].map((name, at) => {
    const event = matchEvent('findall_a', `c${at}`, at + 1);
    const basis = name === 'Large' ? 'b'.repeat(60_000) : '';
    const data = { ...event.data, name, url: 'https://a.example', basis };
    return `${JSON.stringify({ level: 'info', time: 'now', event: { ...event, data }, msg: 'match found' })}\n`;
  });
  const names = (journal: string) => select(matches, journal).map((line) => line.split('\t')[0]);
  expect(names(throughJournald(lines.map(journalLine)))).toEqual(['Small', 'Large', 'Last']);
  expect(names(throughJournald(lines))).toEqual(['Small', 'Last']);
});

it('no filter of the README prints what a terminal would obey', () => {
  const hostile = 'a\u001b[31m\u009b31m\u202eb\u2028c\u0000d\u200be\t\n日本';
  const data = { name: hostile, url: hostile, status: { termination_reason: hostile } };
  const journal = ['findall.candidate.matched', 'findall.run.completed', 'findall.watch.degraded']
    .map((type) => JSON.stringify({ level: 'info', time: 'now', event: { type, findall_id: hostile, data } }))
    .join('\n');
  const others = [...README.matchAll(/\| (jq .*)$/gm)].map((match) => match[1] ?? '');
  expect(others.length).toBeGreaterThan(filters.length);
  const direct = JSON.stringify({ type: 'findall.candidate.matched', data });
  for (const filter of others) {
    const printed = select(filter, `${journal}\n${direct}\n`).join('');
    expect(printed).not.toMatch(/[^\P{C}\t]|[\u2028\u2029]/u);
    expect(printed).toMatch(/日本|\\u65e5\\u672c/);
  }
});
