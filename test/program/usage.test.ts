// cspell:ignore folow retyr frobnicate
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSandbox } from '../support/program-sandbox.ts';

test('--help shows every command but help in a group on one screen', async () => {
  const { run } = await openSandbox({ scenarios: [] });
  const { code, stdout, stderr } = await run(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.length).toBeLessThan(24);
  const groups = lines.slice(2).filter((line) => /^\S/.test(line));
  expect(lines[0]).toContain('help <command>');
  expect(groups.map((line) => line.split(' ')[0])).toEqual([
    ...['watch', 'inspect', 'repair', 'operate', 'try'],
  ]);
  expect(lines[0]).toContain('help <command> shows its options');
});

test('an error is broken at words on a terminal', async () => {
  const { startHere } = await openSandbox({ scenarios: [] });
  const show = startHere(['show', 'nobody'], { terminal: { columns: 60, rows: 24 } });
  expect(await show.exited).toMatchObject({ code: 64 });
  expect(show.stderr().split('\n')).toEqual([
    'findall-watch: no tracked run is named "nobody", and it is',
    '  not the id of a FindAll run',
    '  All tracked runs: findall-watch runs. An id looks like',
    '    findall_40e0ab8c10754be0b7a16477abb38a2f',
    '',
  ]);
});

test('--help of every command shows an example and fits a terminal', async () => {
  const { run } = await openSandbox({ scenarios: [] });
  const overview = (await run(['--help'])).stdout;
  const commands = [...overview.matchAll(/^(?:\w+)? +([\w-]+(?:, [\w-]+)?) {2}/gm)].flatMap(
    ([, names = '']) => names.split(', '),
  );
  expect(commands).toEqual(expect.arrayContaining(['serve', 'untrack', 'store', 'demo']));
  const helps = await Promise.all(
    commands
      .filter((name) => name !== 'help')
      .map((name) => run([...(name === 'store' ? ['store', 'migrate'] : [name]), '--help'])),
  );
  for (const { code, stdout, stderr } of helps) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\nExample:\n {2}\S/);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    // An example may be longer than a line: the id of a run is.
    expect(lines.filter((line) => line.length > 80 && !line.includes('findall-watch '))).toEqual([]);
  }
});

test.each(['check', 'init'])('--help of %s fits one screen', async (command) => {
  const { run } = await openSandbox({ scenarios: [] });
  const lines = (await run([command, '--help'])).stdout.split('\n').slice(0, -1);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.length).toBeLessThan(24);
});

test.each([
  {
    args: ['follow', 'abc'],
    says: 'no tracked run is named "abc", and it is not the id of a FindAll run\n  All tracked runs: findall-watch runs',
  },
  { args: ['follow', 'findall_../../x'], says: 'no tracked run is named "findall_../../x"' },
  { args: ['export', 'week-47'], says: 'no tracked run is named "week-47"' },
  {
    args: ['outbox', 'a', 'b'],
    says: 'outbox takes no argument: saw "a", "b"\n  Did you mean findall-watch outbox --sink "a b"',
  },
  { args: ['explain', 'Second', 'Spring'], says: 'no candidate is called "Second Spring"' },
  { args: ['events', 'week-47'], says: 'Did you mean findall-watch events --run week-47?' },
  { args: ['stop'], says: 'to stop the daemon, press Ctrl-C' },
  { args: ['export', 'a', '--label', 'b'], says: 'name either runs or a label' },
  { args: ['check', 'online'], says: 'Did you mean findall-watch check --online?' },
  { args: ['init', 'slack'], says: 'Did you mean findall-watch init --slack?' },
  { args: ['store', 'migrate', 'a', 'b'], says: 'store migrate takes one argument: saw "b"' },
  { args: ['export', '--output', 'a.xlsx'], says: 'write .csv, which spreadsheets open' },
  { args: ['follow'], says: "findall-watch: missing required argument 'run'" },
  { args: ['folow', 'findall_x'], says: 'Did you mean findall-watch follow?' },
  {
    args: ['LS'],
    says: 'unknown command "LS"\n  Did you mean findall-watch runs? (findall-watch --help lists all commands)',
  },
  {
    args: ['logs'],
    says: 'docker logs findall-watch\n  Did you mean findall-watch events --follow?',
  },
  { args: ['retyr'], says: 'Did you mean findall-watch redeliver?' },
  { args: ['findall_x'], says: 'Did you mean findall-watch follow findall_x?' },
  {
    args: ['frobnicate\u001b[2J'],
    says: 'unknown command "frobnicate\\u001b[2J"\n  findall-watch --help lists',
  },
  {
    args: ['store', 'foo'],
    says: 'unknown command "store foo"\n  Did you mean findall-watch store migrate?',
  },
  { args: ['runs', '--jsn'], says: 'Did you mean --json?' },
  { args: ['serve', '--nope'], says: "unknown option '--nope'" },
  {
    args: ['show', 'findall_x'],
    says: 'findall_x is not tracked\n  track it: findall-watch track findall_x',
  },
  { args: ['events', '--run', 'findall_x'], says: 'findall_x is not tracked' },
  { args: ['show', 'https://platform.parallel.ai/find-all/FINDALL_X'], says: 'findall_x is not tracked' },
  {
    args: ['explain', '"findall_x"'],
    says: 'is a run; explain takes a candidate or an event\n  its candidates: findall-watch show findall_x',
  },
  { args: ['events', '--since', 'yesterday'], says: 'Write a span such as 1h or a time such as' },
  { args: ['events', '--type', 'findall.candidate.match'], says: 'Did you mean findall.candidate.matched?' },
  {
    args: ['outbox', '--sink', 'logs'],
    says: 'no sink named "logs" is known\n  did you mean log? there is log',
  },
  { args: ['outbox', '--limit', '0'], says: 'Write a whole number from 1 to 100000' },
  { args: ['redeliver'], says: 'name either deliveries or a sink\n  findall-watch outbox lists' },
  { args: ['redeliver', '--sink', 'log', 'log/evt_00000000'], says: 'name either deliveries or a sink' },
  { args: ['redeliver', 'log/evt_00000000'], says: 'no delivery is named "log/evt_00000000"' },
  { args: ['redeliver', 'log/evt_00000000', '--dead'], says: '--dead, --pending and --all are about a sink' },
  { args: ['redeliver', 'nobody/evt_00000000'], says: 'no sink named "nobody" is known' },
  { args: ['drop', '--sink', 'log'], says: 'say which: --dead, --pending or --all' },
  { args: ['replay'], says: "required option '--sink <name>' not specified" },
  { args: ['replay', '--sink', 'logs'], says: 'no sink named "logs" is configured\n  did you mean log?' },
  { args: ['test-sink', 'logs'], says: 'did you mean log?' },
  {
    args: ['test-sink', 'log', '--type', 'findall.run.complete'],
    says: 'Did you mean findall.run.completed?',
  },
  { args: ['test-sink', 'log', '--event', 'evt_00000000'], says: 'no event has the id "evt_00000000"' },
  {
    args: ['explain', 'nonsense'],
    says: 'no candidate is called "nonsense", and no event or candidate has this id',
  },
  { args: ['track', 'findall_x', '--interval', 'often'], says: 'a duration from 50ms to 1h' },
  { args: ['track', 'findall_x', '--baseline', 'loud'], says: 'Allowed choices are notify, silent' },
  { args: ['simulate', '--scenario', 'nope'], says: 'choose from demo, failed-with-matches' },
  { args: ['simulate', '--port', '99999'], says: 'Write a whole number from 0 to 65535' },
])('a mistake in usage ends with 64: $says', async ({ args, says }) => {
  const { run } = await openSandbox({ scenarios: [] });
  const { code, stdout, stderr } = await run(args);
  expect(stderr).toContain(says);
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
});

test('a process ends with the exit code of its command, and says on stderr what the command says', async () => {
  const { run, runProcess } = await openSandbox({ scenarios: [] });
  const args = ['show', 'findall_x', '--nope'];
  expect(await runProcess(args)).toEqual(await run(args));
});

test.each(['serve', 'follow'])('%s without a key ends with 78 and says how to get going', async (command) => {
  const { run } = await openSandbox({ scenarios: [] });
  const { code, stdout, stderr } = await run([command, 'findall_x'], { PARALLEL_API_KEY: '' });
  expect(stderr).toContain('no API key: set PARALLEL_API_KEY');
  expect(stderr).toContain('findall-watch demo');
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
});

test('a state file that cannot be made ends with 73, one that is damaged with 74 and is left alone', async () => {
  const { run, directory } = await openSandbox({ scenarios: [] });
  const file = join(directory, 'file');
  writeFileSync(file, 'garbage that is no database'.repeat(10));
  const blocked = await run(['follow', 'findall_x', '--store', join(file, 'watch.db')]);
  expect(blocked).toMatchObject({ code: 73, stdout: '' });
  expect(blocked.stderr).toContain('choose a writable place with --store');
  for (const args of [['serve'], ['runs']]) {
    const damaged = await run([...args, '--store', file]);
    expect(damaged).toMatchObject({ code: 74, stdout: '' });
    expect(damaged.stderr).toContain(`the state file ${file} is damaged or is not a database`);
    expect(readFileSync(file, 'utf8')).toMatch(/^garbage/);
  }
});

test('check prints every setting with where it came from, secrets masked', async () => {
  const { run, directory, simulator } = await openSandbox({ scenarios: [] });
  const secret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
  mkdirSync(join(directory, 'config'));
  const file = join(directory, 'config', 'findall-watch.yaml');
  const yaml = `sinks:\n  - { name: crm, type: webhook, url: "https://user:pass@crm.example/hook?token=t0ken", secret: ${secret} }\n`;
  writeFileSync(file, yaml, { mode: 0o644 });
  expect(await run(['check'])).toMatchObject({
    ...{ code: 0, stderr: '' },
    stdout: expect.stringContaining(
      '\n  - config/findall-watch.yaml: it holds a secret and everybody may read it: chmod 0600\n',
    ) as string,
  });
  chmodSync(file, 0o600);
  const { code, stdout, stderr } = await run(['check', '--all', '--interval', '60ms']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('  key: ***  # env PARALLEL_API_KEY\n');
  expect(stdout).toContain(`  baseUrl: ${simulator.url}  # env PARALLEL_BASE_URL\n`);
  expect(stdout).toContain('  interval: 60ms  # flag --interval\n');
  expect(stdout).toContain('  concurrency: 8  # default\n');
  expect(stdout).toContain('https://crm.example/***');
  expect(stdout).toMatch(/type: webhook {2}# .*findall-watch.yaml:2/);
  for (const hidden of [secret, 'user:pass', 't0ken', 'a-key-of-this-test'])
    expect(stdout).not.toContain(hidden);
  const json = JSON.parse((await run(['check', '--json'])).stdout) as { values: { key: string }[] };
  expect(json.values).toContainEqual({ key: 'api.key', value: '***', origin: 'env PARALLEL_API_KEY' });
});

test('a broken configuration ends with 78 and reports every problem at once', async () => {
  const { run, directory } = await openSandbox({ scenarios: [] });
  writeFileSync(join(directory, 'bad.yaml'), 'poll: { maxWatch: 5 }\nsink: []\nlog: { level: loud }\n');
  for (const command of ['check', 'serve', 'runs']) {
    const { code, stdout, stderr } = await run([command, '--config', 'bad.yaml']);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('poll.maxWatch: saw 5; allowed: a duration');
    expect(stderr).toContain('sink: unknown key; did you mean sinks?');
    expect(stderr).toContain('log.level: saw "loud"');
  }
});
