import { expect, test } from 'vitest';
import { tmpdir } from 'node:os';
import type { RunEvent } from '../../../src/run-event.ts';
import { runProgram, startProgram } from '../../support/run-program.ts';

test('demo --json writes each event once, though the watcher is killed in the middle', async () => {
  const { code, stdout, stderr } = await runProgram(['demo', '--json'], { cwd: tmpdir() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  expect(events.filter(({ type }) => type === 'findall.candidate.matched')).toHaveLength(6);
  expect(events.at(-1)?.type).toBe('findall.run.completed');
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const sequences = events.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
}, 60_000);

test('a demo that is interrupted leaves no process behind', async () => {
  const demo = startProgram(['demo'], { cwd: tmpdir() });
  await demo.says('✔ ');
  const [, pid] = /A watcher, process (\d+),/.exec(demo.stdout()) ?? [];
  demo.kill('SIGINT');
  expect(await demo.exited).toMatchObject({ code: 130 });
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
}, 60_000);
