import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/run-event.ts';
import { eventually } from '../../../support/eventually.ts';
import { jsonLines, openSandbox } from '../../../support/program-sandbox.ts';

const CONFIG = `
runs:
  - { id: RUN, label: coast/north }
sinks:
  - { name: archive, type: file, path: out/events.ndjson, events: [findall.*] }
  - name: report
    type: command
    command: [/bin/sh, -c, 'cat >> reported.ndjson; env > env.txt']
    events: [findall.*]
    group: { max: 50 }
  - { name: other, type: file, path: out/other.ndjson, events: [findall.*], runs: ["south*", findall_other] }
  - { name: same, type: file, path: out/same.ndjson, events: [findall.*], runs: ["coast/*"] }
`;

describe('the daemon', () => {
  it('delivers to commands and files as configured, and passes no secret on', {
    timeout: 90_000,
  }, async () => {
    const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 50, apiKey: 'canary-key' });
    const at = (name: string) => join(sandbox.directory, name);
    mkdirSync(at('config'));
    writeFileSync(at('config/findall-watch.yaml'), CONFIG.replace('RUN', sandbox.ids[0]));
    const program = sandbox.start(['serve'], { LANG: 'C.UTF-8', CANARY: 'canary-env' });
    const reported = (name: string) =>
      existsSync(at(name)) ? jsonLines<RunEvent>(readFileSync(at(name), 'utf8')) : [];
    const files = ['out/events.ndjson', 'reported.ndjson', 'out/same.ndjson'];
    await eventually(() => files.every((name) => reported(name).at(-1)?.type === 'findall.run.completed'), {
      within: 60_000,
    });
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });

    const [events = [], ...copies] = files.map(reported);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, n) => n + 1));
    for (const copy of copies) expect(copy).toEqual(events);
    expect(existsSync(at('out/other.ndjson'))).toBe(false);

    const env = readFileSync(at('env.txt'), 'utf8');
    expect(env).not.toContain('canary');
    const names = env.split('\n').map((line) => line.split('=')[0] ?? '');
    // PWD, SHLVL and _ are the shell's own.
    expect(names.filter((name) => !['', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).toSorted()).toEqual([
      ...['FINDALL_WATCH_EVENT_ID', 'FINDALL_WATCH_EVENT_TYPE', 'HOME', 'LANG', 'PATH'],
    ]);
  });
});
