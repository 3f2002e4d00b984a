import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configured } from './config/config-harness.ts';
import { runCommand } from './support/run-command.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The documents for users. */
const GUIDES = ['README.md', ...namesIn('config').map((name) => `config/${name}`)];
/** All documents that link to each other. */
const DOCUMENTS = [
  ...GUIDES,
  ...['src', 'src/decisions', 'src/simulator', 'test', 'test/bench'].flatMap((folder) =>
    namesIn(folder).map((name) => `${folder}/${name}`),
  ),
];

function namesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(text: string): string[] {
  const headings = withoutBlocks(text).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, '');
}

/** Why the links of a document lead nowhere; empty when none does. */
function brokenLinks(document: string): string[] {
  const links = withoutBlocks(read(document)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g);
  return [...links].flatMap(([link, path = '', anchor]) => {
    const target = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, target))) return [`${link}: no ${target}`];
    const page = statSync(join(ROOT, target)).isDirectory() ? join(target, 'README.md') : target;
    return anchor === undefined || anchorsOf(read(page)).includes(anchor) ? [] : [`${link}: no such heading`];
  });
}

/** The commands of the program in a text: in shell blocks and in code within sentences, each up to a pipe. */
function commandsIn(text: string): string[][] {
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, lines = '']) => lines.split('\n'));
  const spans = [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...spans].flatMap((line) => {
    const [, command] = /(?:^|[ (])findall-watch (?!findall-watch )([a-z].*)$/.exec(line) ?? [];
    return command === undefined ? [] : [(command.split(/ [|&>]|\)/)[0] ?? '').split(' ')];
  });
}

/** What `--help` says of a command, by its name. */
const helps = new Map<string, string>();
async function helpOf(name: string): Promise<string> {
  const known = helps.get(name);
  if (known !== undefined) return known;
  const { stdout } = await runCommand(name === 'serve' ? ['help', name] : [...name.split(' '), '--help']);
  helps.set(name, stdout);
  return stdout;
}

it.each(DOCUMENTS)('every link of %s leads to a file and a heading', (document) => {
  expect(brokenLinks(document)).toEqual([]);
});

describe('every command of the program', () => {
  it.each(GUIDES)('in %s has a name and options that --help lists', async (guide) => {
    for (const [name = '', ...words] of commandsIn(read(guide))) {
      const help = await helpOf(name === 'store' ? 'store migrate' : name);
      expect({ name, help }).toMatchObject({ help: expect.stringMatching(/^Usage: findall-watch /) });
      for (const option of words.filter((word) => word.startsWith('-'))) expect(help).toContain(option);
    }
  });

  it('is in the table of the README, and no other', async () => {
    const [, table = ''] = read('README.md').split('\n### Commands\n');
    const named = [...(table.split('\n### ')[0]?.matchAll(/^\| `(.+?)` \|/gm) ?? [])].map(
      ([, cell = '']) => cell,
    );
    const { stdout } = await runCommand(['--help']);
    const commands = [...stdout.matchAll(/^(?:[a-z]+)? {2,9}([a-z][a-z-]+(?:, [a-z-]+)?)(?: |$)/gm)].flatMap(
      ([, names = '']) => names.split(', '),
    );
    expect(new Set(named.map((cell) => cell.split(' ')[0]))).toEqual(
      new Set(commands.filter((name) => name !== 'help')),
    );
  });
});

it('every configuration in the guides is accepted', () => {
  const configurations = GUIDES.flatMap((guide) =>
    [...read(guide).matchAll(/^```yaml\n((?:sinks|http):.*?)^```/gms)].map(([, yaml = '']) => yaml),
  );
  expect(configurations.length).toBeGreaterThan(10);
  for (const yaml of configurations) {
    const variables = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, valueOf(name)]);
    const { config } = configured(yaml).load(Object.fromEntries(variables) as Record<string, string>);
    expect(config.sinks.length).toBeGreaterThan(0);
  }
});

/** A value that the setting takes which is given by a variable of this name. */
function valueOf(name: string): string {
  if (name.endsWith('URL')) return 'https://hooks.example/services';
  if (name === 'BUS_SECRET') return `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  return name === 'TELEGRAM_TOKEN' ? `110201543:${'A'.repeat(35)}` : 'a-value';
}

it('every message of the log and every error that the page about outages names is in the program', () => {
  const program = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join('src', name)))
    .join('\n');
  const quoted = [...read('config/outage.md').matchAll(/`([a-z]+(?: [a-z:]+){1,})`/g)].map(
    ([, text = '']) => text,
  );
  const messages = quoted.filter((text) => !/^(?:findall-watch|kubectl|docker|systemctl) /.test(text));
  expect(messages.length).toBeGreaterThan(5);
  expect(messages.filter((text) => !program.includes(text))).toEqual([]);
});
