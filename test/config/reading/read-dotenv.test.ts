import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDotenvText } from '../../../src/config/reading/read-dotenv.ts';
import { ConfigHarness } from '../config-harness.ts';

/** The value of `V` in a file with this line. */
function valueIn(line: string): string | undefined {
  const { values, faults } = readDotenvText(`${line}\n`, '.env');
  expect([...faults]).toEqual([]);
  return values['V'];
}

/** What is wrong with `V` in a file with this line, and how it should be written. */
function faultIn(line: string): string {
  const { what = 'nothing', allowed = '' } = readDotenvText(`${line}\n`, '.env').faults.get('V') ?? {};
  return `${what}; ${allowed}`;
}

describe('a value in .env that shells, Docker and systemd read alike', () => {
  it.each([
    ['V=pa#ss', 'pa#ss'],
    ['V=pa#ss word', 'pa#ss word'],
    ['V=#fff', '#fff'],
    ['V=a##', 'a##'],
    ['export V=a#b', 'a#b'],
    ['V = a#b', 'a#b'],
    ['V: a#b', 'a#b'],
    ['V=https://x.example/?a=1&b=2#c', 'https://x.example/?a=1&b=2#c'],
    ["V='pa#ss $word \\ \" `x` # y'", 'pa#ss $word \\ " `x` # y'],
    ['V="it\'s # one"', "it's # one"],
    ["V='one\ntwo # three'", 'one\ntwo # three'],
    ['V=a\r\nW=b', 'a'],
    ['V=', ''],
    ["V=''", ''],
    ['# V=b # c\nV=a', 'a'],
    ['V=a # b\nV=c', 'c'],
  ])('is kept whole: %j', (line, expected) => {
    expect(valueIn(line)).toBe(expected);
  });

  it('is kept whole, with any other lines in the file', () => {
    const character = fc.constantFrom(...Array.from('ab=#:/;&|,.é✔ '));
    const value = fc.string({ unit: character }).filter((text) => !/^\s|\s$|\s#|^#/.test(text));
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const text = values.map((each, index) => `V${index}=${each}\n`).join('');
        const read = readDotenvText(text, '.env');
        expect(read.faults.size).toBe(0);
        expect(Object.values(read.values)).toEqual(values);
      }),
    );
  });
});

describe('a value in .env that they read differently', () => {
  const SINGLE = "V='…', the whole value in single quotes";
  const DOUBLE = 'V="…", the whole value in double quotes';
  const FILE = 'the value in a file, and V_FILE=PATH with the path of that file';
  it.each([
    ['V=1m # a comment', 'a # after a space', `${SINGLE}, and a comment on a line of its own`],
    ['V= # a comment', 'a # after a space', SINGLE],
    ["V='1m' # a comment", 'a # after a space', SINGLE],
    ['V=pa$word', 'a $ outside single quotes', SINGLE],
    ['V="pa$word"', 'a $ outside single quotes', SINGLE],
    ['V=a\\b', 'a backslash outside single quotes', SINGLE],
    ['V="a\\nb"', 'a backslash outside single quotes', SINGLE],
    ["V='a\\'", 'a backslash before the closing quote', FILE],
    ['V="a`b`"', 'a ` outside single quotes', SINGLE],
    ['V=`a`', 'a ` outside single quotes', SINGLE],
    ["V=it's", "a ' that does not enclose the whole value", DOUBLE],
    ['V={"a":1}', 'a " that does not enclose the whole value', SINGLE],
    ["V='a'b", 'text after the closing quote', SINGLE],
    ["V='abc", "a ' at the start of the value and none at its end", SINGLE],
    ["V=it's $5", 'a $ outside single quotes', FILE],
  ])('is a problem that says how to write it: %j', (line, what, allowed) => {
    expect(faultIn(line)).toContain(`line 1 of .env has ${what}`);
    expect(faultIn(line)).toContain(allowed);
  });

  it('is named by its line, also behind a value of several lines', () => {
    expect(faultIn("# one\nA='two\nthree'\n\nV=a$b")).toMatch(/^line 5 of \.env has a \$ /);
  });

  it('counts where it is the last of its name', () => {
    expect(faultIn('V=a\nV=b # c')).toMatch(/^line 2 /);
  });

  it.each(['V=\u00A0a', 'V=a\u2028'])('is a problem where only dotenv sees it so: %j', (line) => {
    expect(faultIn(line)).toMatch(/^its value in \.env has a form that programs read differently/);
  });
});

it('a shell reads a value in the spelling that a problem asks for as the program does', () => {
  const values = fc.sample(
    fc.string({ unit: fc.constantFrom(...Array.from('ab $`"\'\\#=\n!é')), maxLength: 12 }),
    {
      numRuns: 500,
      seed: 28,
    },
  );
  const lines = values.flatMap((value, index): [value: string, line: string][] => {
    if (!value.includes("'")) return [[value, `V${index}='${value}'`]];
    return /[$`\\"]/.test(value) ? [] : [[value, `V${index}="${value}"`]];
  });
  const spelled = lines.filter(([value]) => !value.endsWith('\\'));
  const text = spelled.map(([, line]) => `${line}\n`).join('');
  const { values: read, faults } = readDotenvText(text, '.env');
  const script = `eval "$0"; for name in ${Object.keys(read).join(' ')}; do eval "printf '%s\\0' \\"\\$$name\\""; done`;
  const ofShell = execFileSync('sh', ['-c', script, text], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(faults.size).toBe(0);
  expect(Object.values(read)).toEqual(spelled.map(([value]) => value));
  expect(ofShell).toEqual(Object.values(read));
});

describe('.env', () => {
  const MAIL =
    'sinks: [{ name: mail, type: email, host: h.example, user: u, password: "${SMTP_PASSWORD}", from: a@h.example, to: b@h.example }]';
  const configuredBy = (dotenv: string) =>
    new ConfigHarness({ 'config/findall-watch.yaml': MAIL, '.env': dotenv });

  it('gives a password with a # whole', () => {
    const { config } = configuredBy('SMTP_PASSWORD=pa#ss word\n').load();
    expect(config.sinks[0]).toMatchObject({ password: 'pa#ss word' });
  });

  it('is refused with the setting, the variable and the line, and without the value', () => {
    expect(configuredBy('\nSMTP_PASSWORD=canary #ss\n').problems()).toEqual([
      'sinks[0].password: SMTP_PASSWORD: line 2 of .env has a # after a space: shells and Docker Compose end the value there, systemd and docker run do not; ' +
        "allowed: SMTP_PASSWORD='…', the whole value in single quotes, and a comment on a line of its own (from config/findall-watch.yaml:1)",
    ]);
  });

  it.each([
    'PARALLEL_API_KEY',
    'FINDALL_WATCH_CONFIG',
    'FINDALL_WATCH_LINGER',
    'FINDALL_WATCH_STORE_FILE',
    'PGPASSWORD',
  ])('is refused for %s, once', (name) => {
    const problems = new ConfigHarness({ '.env': `${name}=canary$x\n` }).problems();
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^${name}: line 1 .* \\(from \\.env ${name}\\)$`)),
    ]);
    expect(problems.join()).not.toContain('canary');
  });

  it('may hold variables of other programs in any form', () => {
    const harness = new ConfigHarness({ '.env': 'DATABASE_URL=$HOME/x # theirs\nPARALLEL_API_KEY=k\n' });
    expect(harness.load().config.api.key).toBe('k');
  });

  it('is not looked at for a variable of the real environment', () => {
    const harness = configuredBy('SMTP_PASSWORD=a$b\nFINDALL_WATCH_LINGER=1m # one\n');
    const { config } = harness.load({ SMTP_PASSWORD: 'real', FINDALL_WATCH_LINGER: '2m' });
    expect(config.poll.lingerMs).toBe(120_000);
  });
});
