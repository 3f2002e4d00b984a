import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../../src/config/explain-config.ts';
import { text } from '../../../src/config/forms/setting-kinds.ts';
import { type Fields, factsOf, hidden, readBy } from '../../../src/config/forms/setting.ts';
import { SECRET_KEYS } from '../../../src/config/secret-settings.ts';
import { SINKS, type SinkConfig } from '../../../src/sinks/registry.ts';
import { groupForPrograms } from '../../../src/sinks/settings/group.ts';
import { sinkSettings } from '../../../src/sinks/settings/sink-settings.ts';
import { configured, webhookSecret } from '../../config/config-harness.ts';

const CANARY = 'c4narySONG';
const ADDRESS = `https://service.example/${CANARY}`;
const PROXY = `https://u:${CANARY}@proxy.example:3128`;

/** Of each type a section in which every secret is set. */
const FULL: Readonly<Record<SinkConfig['type'], Readonly<Record<string, unknown>>>> = {
  log: {},
  webhook: {
    ...{ url: ADDRESS, proxy: PROXY, headers: { 'X-Key': CANARY } },
    secret: [webhookSecret('a'), webhookSecret('b')],
  },
  command: { command: ['notify', CANARY] },
  file: { path: 'events.ndjson' },
  slack: { url: ADDRESS, proxy: PROXY },
  discord: { url: ADDRESS, proxy: PROXY },
  teams: { url: ADDRESS, proxy: PROXY },
  telegram: { token: `1:${CANARY.repeat(3)}`, chat: '1', proxy: PROXY },
  email: {
    ...{ host: 'mail.example', from: 'a@x.example', to: 'b@x.example' },
    ...{ user: 'u', password: CANARY, proxy: PROXY },
  },
  ntfy: { url: ADDRESS, token: CANARY, proxy: PROXY },
};

function secretKeysOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([key, setting]) => {
    const facts = factsOf(setting);
    return facts.kind === 'value' && facts.secrecy !== 'open' ? [key] : [];
  });
}

function fileWith(section: object, more: object = {}): string {
  return stringify({ sinks: [{ name: 'a', ...section }], ...more });
}

/** Every text within a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The secrets that can be read in what is said. */
function leaks(said: string): string[] {
  return [CANARY, webhookSecret('a').slice(6)].filter((secret) => said.includes(secret));
}

describe.each(SINKS.map(({ type, fields }) => ({ type, keys: secretKeysOf(fields) })))(
  'the secrets of $type: $keys',
  ({ type, keys }) => {
    it('are masked in check', () => {
      expect(Object.keys(FULL[type])).toEqual(expect.arrayContaining(keys));
      const loaded = configured(fileWith({ type, ...FULL[type] })).load();
      const json = JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]]);
      expect(leaks(explainConfig(loaded) + json)).toEqual([]);
    });

    it.each(keys)('are not shown by a problem of their own: %s', (key) => {
      for (const wrong of [`${CANARY}\n${CANARY}`, `"${CANARY}"\n`, [`${CANARY}\n`], { 'a b': CANARY }]) {
        const problems = configured(fileWith({ type, ...FULL[type], [key]: wrong })).problems();
        expect(leaks(problems.join('\n'))).toEqual([]);
      }
    });

    it.each(keys)('are scrubbed from the problems of other settings: %s', (key) => {
      for (const secret of textsIn(FULL[type][key])) {
        const yaml = fileWith({ type, ...FULL[type] }, { log: { level: secret } });
        const [problem = ''] = configured(yaml).problems();
        expect(problem).toMatch(/^log\.level: saw (?:"|\*{3};)/);
        expect(leaks(problem)).toEqual([]);
      }
    });

    it.each(keys)('are scrubbed in a sink of another type: %s', (key) => {
      const yaml = fileWith({ type: 'log', [key]: FULL[type][key] }, { log: { level: CANARY } });
      const level = textsIn(FULL[type][key]).includes(CANARY) ? 'saw "***"' : 'saw ';
      expect(configured(yaml).problems().join('\n')).toContain(level);
    });
  },
);

it('these settings are secret', () => {
  expect(SECRET_KEYS).toEqual({
    hidden: [
      ...['api.key', 'sinks[].secret', 'sinks[].headers', 'sinks[].token', 'sinks[].password'],
      'http.token',
    ],
    address: ['sinks[].url', 'sinks[].proxy', 'heartbeat.url'],
    partly: ['store.path'],
  });
});

describe('a setting of which it is not said whether it is a secret', () => {
  const key = text('a key', /./);

  it('does not compile', () => {
    readBy({ key: hidden(key, 'A key.') });
    // @ts-expect-error Neither open nor secret.
    readBy({ key });
    // @ts-expect-error What is declared is declared as a whole: with its default.
    readBy({ key: hidden(key, 'A key.').optional() });
    const pager = { does: 'Pages somebody.', group: groupForPrograms };
    const { fields } = sinkSettings('pager', { ...pager, own: { key: hidden(key, 'A key.') } });
    expect(factsOf(fields.key)).toMatchObject({ secrecy: 'hidden' });
    // @ts-expect-error Neither open nor secret.
    sinkSettings('pager', { ...pager, own: { key } });
  });
});
