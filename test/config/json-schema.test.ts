import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EVENT_KINDS } from '../../src/events/catalogue.ts';
import { EVENT_PATTERNS } from '../../src/events/event-patterns.ts';
import { configJsonSchema, configJsonSchemaText, SCHEMA_FILE } from '../../src/config/json-schema.ts';
import { settingsTable, withSettingsTable } from '../../src/config/settings-table.ts';
import { ENVIRONMENT, FLAGS } from '../../src/config/reading/overlays.ts';
import { configured, webhookSecret } from './config-harness.ts';

const ROOM = new URL('../../config/', import.meta.url);
const REFERENCE = readFileSync(new URL('reference.md', ROOM), 'utf8');
const README = readFileSync(new URL('../README.md', ROOM), 'utf8');
const EXAMPLE = readFileSync(new URL('findall-watch.example.yaml', ROOM), 'utf8');

interface Node {
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  oneOf?: Node[];
}

/** Every setting of the schema that holds a value, with the node that describes it. */
function settingsOf(node: Node, key = ''): [string, Node][] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((branch) => settingsOf(branch, key));
  const items = node.items === undefined ? [] : settingsOf(node.items, `${key}[]`);
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]): [string, Node][] => {
    const path = key === '' ? name : `${key}.${name}`;
    const below = settingsOf(child, path);
    const isValue = below.length === 0 || child.items !== undefined;
    const itself: [string, Node][] = isValue ? [[path, child]] : [];
    return itself.concat(below);
  });
  return [...own, ...items, ...inner];
}

/** The cells of the table row about a setting or variable. */
function cellsOf(name: string): string[] {
  const row = REFERENCE.split('\n').find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe('the JSON Schema', () => {
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(configJsonSchema());

  it('in config/ is the generated one, byte for byte (node src/config/json-schema.ts writes it)', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(configJsonSchemaText());
  });

  it('describes every setting', () => {
    const silent = settingsOf(configJsonSchema()).filter(([, node]) => node.description === undefined);
    expect(silent).toEqual([]);
  });

  it.each([
    EXAMPLE,
    '{}',
    '$schema: ./findall-watch.schema.json',
    'poll: { linger: 0 }',
    'poll: { linger: "${LINGER}" }',
    'api: { concurrency: "${N}", maxBody: 4096, key: "${K}", baseUrl: "http://localhost:1" }',
    'log: { level: "${LEVEL}" }',
    'http: {}',
    'http: { host: "::", port: "${N}", token: "${TOKEN}" }',
    'store: { path: x }',
    'store: x',
    'sinks: []',
    `sinks: [{ name: a, type: webhook, url: "\${U}", secret: ["\${CRM_SECRET}", "${webhookSecret('x')}"] }]`,
    'sinks: [{ name: a, type: log, events: [findall.*, findall.key.blocked], retry: { giveUp: 1d } }]',
    'sinks: [{ name: a, type: log, group: { wait: 0 }, rate: none, urgent: [findall.key.*], retry: { alertAfter: 7d } }]',
    'sinks: [{ name: a, type: log, quiet: [{ days: [sat], from: 22:00, to: 7:00 }], rate: "${RATE}" }]',
    'sinks: [{ name: a, type: log, quiet: [{ from: "${FROM}", to: "24:00", timezone: "Europe/Berlin" }] }]',
  ])('and the program both take %s', (yaml) => {
    const env = {
      CRM_SECRET: webhookSecret('c'),
      N: '2',
      K: 'k',
      LEVEL: 'warn',
      LINGER: '1s',
      RATE: '100/1h',
      FROM: '22:00',
      TOKEN: 'at-least-sixteen-long',
      U: 'https://x.example',
    };
    expect(validate(parse(yaml))).toBe(true);
    expect(configured(yaml).load(env).config.api.baseUrl).toBeTruthy();
  });

  it.each([
    'apis: {}',
    'api: { concurrency: 0 }',
    'api: { concurrency: 1.5 }',
    'api: { timeout: 10 }',
    'api: { timeout: 10 seconds }',
    'api: { maxBody: 1MB }',
    'api: { baseUrl: example.com }',
    'poll: { interval: 0 }',
    'runs: [run_a]',
    'runs: [{ label: x }]',
    'runs: [{ id: findall_a, baseline: loud }]',
    'sinks: log',
    'sinks: [{ type: log }]',
    'sinks: [{ name: a, type: mail }]',
    'sinks: [{ name: a, type: log, url: "https://x.example" }]',
    'sinks: [{ name: a, type: webhook }]',
    'sinks: [{ name: a, type: webhook, url: "https://x.example", secret: [] }]',
    'sinks: [{ name: a, type: webhook, url: "https://x.example", secret: abc }]',
    'sinks: [{ name: a, type: log, events: [findall.candidate.match] }]',
    'sinks: [{ name: a, type: log, events: [] }]',
    'sinks: [{ name: a, type: log, group: { max: 5 } }]',
    'sinks: [{ name: a, type: log, rate: 5 }]',
    'sinks: [{ name: a, type: log, rate: 5/w }]',
    'sinks: [{ name: a, type: log, urgent: [findall.keys] }]',
    'sinks: [{ name: a, type: log, quiet: [{ from: 22:00 }] }]',
    'sinks: [{ name: a, type: log, quiet: [{ from: 24:00, to: 7:00 }] }]',
    'sinks: [{ name: a, type: log, quiet: [{ days: [mon-fri], from: 22:00, to: 7:00 }] }]',
    'http: { port: 70000 }',
    'http: { token: short }',
    'http: on',
    'store: { file: x }',
    'store: 5',
    'store: mysql://db/x',
    'log: { level: loud }',
    'log: info',
  ])('and the program both refuse %s', (yaml) => {
    expect(validate(parse(yaml))).toBe(false);
    expect(configured(yaml).problems().length).toBeGreaterThan(0);
  });
});

describe('the example', () => {
  it('holds nothing but defaults beside the webhook, the ids and the store', () => {
    const { config } = configured(EXAMPLE).load({ CRM_SECRET: webhookSecret('c') });
    const { config: plain } = configured('').load();
    expect({ ...config, runs: [], sinks: [], store: null }).toEqual({
      ...plain,
      runs: [],
      sinks: [],
      store: null,
    });
    expect(config.store.leaseMs).toBe(plain.store.leaseMs);
    expect(config.sinks.map(({ name }) => name)).toEqual(['log', 'crm']);
  });
});

describe('the reference', () => {
  const settings = settingsOf(configJsonSchema());
  const keys = [...new Set(settings.map(([key]) => key))];
  /** Of every setting the defaults that are plain values: some differ between types of sinks. */
  const defaults = keys.flatMap((key): [string, string[]][] => {
    const given = settings.filter(([other]) => other === key).map(([, node]) => node.default);
    const plain = given.filter((value) => typeof value === 'string' || typeof value === 'number');
    return plain.length === 0 ? [] : [[key, [...new Set(plain.map(String))]]];
  });

  it('has the table of settings as they are declared (node src/config/json-schema.ts writes it)', () => {
    expect(REFERENCE).toBe(withSettingsTable(REFERENCE));
    expect(REFERENCE).toContain(settingsTable());
  });

  it('has a row for every setting', () => {
    expect(keys.length).toBeGreaterThan(25);
    expect(keys.filter((key) => cellsOf(key).length !== 4)).toEqual([]);
  });

  it.each(defaults)('gives %s the default %s', (key, values) => {
    const cell = cellsOf(key)[1] ?? '';
    const shown = [...cell.matchAll(/`([^`]+)`/g)].map(([, value]) => value);
    expect(new Set(shown)).toEqual(new Set(values));
  });

  it.each(ENVIRONMENT)('has the variable $name', ({ name, sets, secret }) => {
    const [, target, note] = cellsOf(name);
    expect(target?.replaceAll('`', '')).toBe(sets);
    expect(note?.includes('_FILE')).toBe(secret);
  });

  it('has every flag, and the README every family of events', () => {
    const flags = [...FLAGS.values()].map(({ flag }) => flag);
    const families = EVENT_PATTERNS.filter((pattern) => pattern.endsWith('*'));
    expect(flags.filter((flag) => !REFERENCE.includes(`\`${flag}\``))).toEqual([]);
    expect(families.filter((family) => !README.includes(`\`${family}\``))).toEqual([]);
  });

  it('leaves the types of events to the table of the README, which says what the catalogue says', () => {
    const rows = [...README.matchAll(/^\| `(findall\..*)` \| (.*) \| (yes|no) \|$/gm)];
    expect(rows.map(([, type, means, isDefault]) => [type, means, isDefault])).toEqual(
      Object.entries(EVENT_KINDS).map(([type, kind]) => [type, kind.means, kind.isDefault ? 'yes' : 'no']),
    );
  });
});
