// cspell:ignore sécret
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigHarness } from '../config-harness.ts';

const YAML = 'runs: [{ id: findall_a, label: "café" }]\nlog: { level: warn }\n';
const MARK = '\uFEFF';
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();

/** Bytes of the text, what the file seems to be, and the name that iconv has for it. */
const ENCODINGS: [string, (text: string) => Buffer, string][] = [
  ['Latin-1 (ISO-8859-1)', (text) => Buffer.from(text, 'latin1'), 'ISO-8859-1'],
  // \x93 and \x94 are quotes there.
  ['WINDOWS-1252', (text) => Buffer.from(`# \x93x\x94\n${text}`, 'latin1'), 'WINDOWS-1252'],
  ['UTF-16', (text) => Buffer.from(MARK + text, 'utf16le'), 'UTF-16'],
  ['UTF-16', (text) => bigEndian(MARK + text), 'UTF-16'],
  ['UTF-16LE', (text) => Buffer.from(text, 'utf16le'), 'UTF-16LE'],
  ['UTF-16BE', bigEndian, 'UTF-16BE'],
  ['UTF-32', (text) => utf32(MARK + text), 'UTF-32'],
];

function utf32(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
      return bytes;
    }),
  );
}

function commandIn(problem = ''): string {
  return /convert it: (.*) \(from /.exec(problem)?.[1] ?? '';
}

describe.each(ENCODINGS)('a file in %s', (named, encode, forIconv) => {
  it('is refused as configuration, with a command that converts it', () => {
    const harness = new ConfigHarness({ 'config/findall-watch.yaml': encode(YAML) });
    const file = 'config/findall-watch.yaml';
    const [problem, ...others] = harness.problems();
    expect(others).toEqual([]);
    expect(problem).toContain(
      `${file}: it is not UTF-8 and seems to be ${named}; allowed: UTF-8; convert it: cp -p ${file} `,
    );
    expect(problem).toContain(`iconv -f ${forIconv} -t UTF-8`);
    const { mode } = statSync(join(harness.cwd, file));
    execFileSync('sh', ['-c', commandIn(problem)], { cwd: harness.cwd });
    expect(harness.load().config.runs[0]?.label).toBe('café');
    expect(statSync(join(harness.cwd, file)).mode).toBe(mode);
  });

  it('is refused as .env', () => {
    const yaml = 'log: { level: "${NOT_KNOWN_THEN}" }';
    const dotenv = encode('PARALLEL_API_KEY=canary\nNOT_KNOWN_THEN=warn\n# é\n');
    const harness = new ConfigHarness({ 'config/findall-watch.yaml': yaml, '.env': dotenv });
    const problems = harness.problems();
    expect(problems).toEqual([
      expect.stringContaining(`.env: it is not UTF-8 and seems to be ${named}; allowed: UTF-8`),
    ]);
    expect(problems.join()).not.toContain('canary');
    execFileSync('sh', ['-c', commandIn(problems[0])], { cwd: harness.cwd });
    expect(harness.load().config.api.key).toBe('canary');
  });

  it('is refused as a secret, without its path', () => {
    const harness = new ConfigHarness({ canary: encode('sécret') });
    const [problem] = harness.problems({ PARALLEL_API_KEY_FILE: 'canary' });
    expect(problem).toContain(
      `PARALLEL_API_KEY_FILE: it is not UTF-8 and seems to be ${named}; allowed: UTF-8`,
    );
    expect(problem).toContain(`iconv -f ${forIconv} -t UTF-8 FILE.old > FILE`);
    expect(problem).not.toContain('canary');
  });
});

describe('a file in UTF-8', () => {
  it('may begin with a byte order mark, which belongs to no value', () => {
    const harness = new ConfigHarness({
      'config/findall-watch.yaml': MARK + YAML,
      '.env': `${MARK}PARALLEL_API_KEY_FILE=key`,
      key: `${MARK}k\n`,
    });
    const { config } = harness.load();
    expect([config.runs[0]?.label, config.api.key]).toEqual(['café', 'k']);
  });

  it('is named in the command so that a shell takes it', () => {
    const harness = new ConfigHarness({ "it's config.yaml": Buffer.from(YAML, 'latin1') });
    const [problem] = harness.problems({}, { config: "it's config.yaml" });
    execFileSync('sh', ['-c', commandIn(problem)], { cwd: harness.cwd });
    expect(readFileSync(join(harness.cwd, "it's config.yaml"), 'utf8')).toBe(YAML);
  });

  it('is refused with zero bytes: that is no text', () => {
    expect(new ConfigHarness({ 'config/findall-watch.yaml': `${YAML}\0` }).problems()[0]).toContain(
      'it is not a text file: there are zero bytes in it',
    );
  });
});
