// cspell:ignore corpxxx mreason
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/run-event.ts';
import { findallIdFor, type Scenario } from '../../../../src/simulator/scenario/scenario.ts';
import { jsonLines, openSandbox } from '../../../support/program-sandbox.ts';

const MAIN = fileURLToPath(new URL('../../../../src/main.ts', import.meta.url));

/** Everything a terminal obeys, tabs aside: C0, DEL, C1, and the format characters that turn text around. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const hostileName = `\u001b[2J\u001b]0;owned\u0007Evil\r\nCorp\u202e\u200b${'x'.repeat(10_000)}\u009b31m`;

const hostile: Scenario = {
  findallId: findallIdFor('hostile'),
  name: 'hostile',
  generator: 'core',
  metadata: {},
  createdAtMs: 0,
  timeline: [
    {
      atMs: 0,
      kind: 'candidate',
      candidate: {
        candidate_id: 'candidate_hostile',
        name: hostileName,
        url: 'javascript:alert(1)',
        match_status: 'matched',
        description: 'fine\u001b[31m and red',
        output: { 'field\u001b[5m': { value: 'v\u0000\u2066', type: 'match_condition', is_matched: true } },
        basis: [
          {
            field: 'field\u001b[5m',
            reasoning: 'because\n\n\u001b]8;;http://evil.example\u0007click\u202e',
            confidence: '\u0085high',
            citations: [{ url: 'file:///etc/passwd', title: 'no\u2028link' }],
          },
        ],
      },
    },
    { atMs: 1, kind: 'end', status: 'completed', terminationReason: 'odd\u001b[1mreason' },
  ],
};

test('hostile text from the web is shown harmless, in text and in JSON, and passed on whole in JSON', async () => {
  const { run, ids } = await openSandbox({ scenarios: [hostile] });
  for (const args of [['follow', ids[0]], ['show', ids[0]], ['events'], ['runs']]) {
    const { stdout, stderr } = await run(args);
    const lines = `${stdout}${stderr}`.trimEnd().split('\n');
    expect(lines.filter((line) => HARMFUL.test(line))).toEqual([]);
    expect(lines.filter((line) => line.length > 500)).toEqual([]);
    expect(stdout.includes('[2J ]0;owned Evil Corpxxx')).toBe(args[0] !== 'runs');
    expect(stdout).not.toContain('javascript:');
  }
  const { stdout } = await run(['events', '--json', '--type', 'findall.candidate.matched']);
  expect(HARMFUL.test(stdout.trimEnd())).toBe(false);
  expect(jsonLines<RunEvent>(stdout)[0]?.data.name).toBe(hostileName);
});

test('follow --json has events and nothing else on stdout, diagnostics as JSON on stderr', async () => {
  const { run, ids, simulator } = await openSandbox({ scenarios: ['low-match-rate'] });
  simulator.setFault('*', { kind: 'torn-json', times: 1 });
  const { code, stdout, stderr } = await run(['follow', ids[0], '--json']);
  const events = jsonLines<RunEvent>(stdout);
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter((event) => event.type === 'findall.candidate.matched')).toHaveLength(1);
  expect(events.at(-1)?.type).toBe('findall.run.completed');
  const [opening, ...diagnostics] = jsonLines<Record<string, unknown>>(stderr);
  expect(opening).toMatchObject({
    level: 'info',
    msg: 'no sink is declared on this store: matches are recorded and not delivered',
  });
  for (const line of diagnostics) {
    expect(line).toMatchObject({ level: 'warn', msg: 'poll failed' });
  }
  expect(code).toBe(0);
});

test('a reader that closes the pipe early ends a follow and an `events --follow`', async () => {
  const { run, ids, env } = await openSandbox({ scenarios: ['never-ends'] });
  await run(['track', ids[0]]);
  for (const args of [
    ['follow', ids[0]],
    ['events', '--follow', '--run', ids[0]],
  ]) {
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(stderr).not.toContain('EPIPE');
    expect(code).toBe(args[0] === 'follow' ? 141 : 0);
  }
});
