import { describe, expect, it } from 'vitest';
import { sampleConfig, SINK_CHOICES } from '../../src/config/sample-config.ts';
import { configured, webhookSecret } from './config-harness.ts';

const TYPES = SINK_CHOICES.map(({ type }) => type);

/** Values that the settings take which refer to these variables. */
const VALUES: Readonly<Record<string, string>> = {
  PARALLEL_API_KEY: 'a-key',
  WEBHOOK_SECRET: webhookSecret('s'),
  WEBHOOK_TOKEN: 'a-token',
  EVENT_COMMAND: '/bin/true',
  TELEGRAM_TOKEN: `110201543:${'A'.repeat(35)}`,
  TELEGRAM_CHAT: '-1001234567890',
  SMTP_HOST: 'smtp.example.com',
  SMTP_USER: 'ana',
  SMTP_PASSWORD: 'a-password',
  MAIL_FROM: 'FindAll <findall@example.com>',
  MAIL_TO: 'ana@example.com',
  NTFY_TOKEN: 'tk_example',
};

function valueOf(name: string): string {
  const value = name.endsWith('_URL') ? 'https://receiver.example/a-path' : VALUES[name];
  if (value === undefined) throw new Error(`no value for ${name}`);
  return value;
}

function environmentOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

/** The text without the `#` before settings: words of a comment do not look like one. */
function withoutHash(text: string): string {
  return text.replaceAll(/^( *)# (?=[a-z]\w*: (?:\S+|[[{].*)$)/gim, '$1');
}

function typesIn(text: string, names: readonly string[]): string[] {
  return configured(text)
    .load(environmentOf(names))
    .config.sinks.map(({ type }) => type);
}

describe('the file that init writes', () => {
  it.each(TYPES)('with %s is accepted once the variables that it names are set', (type) => {
    const { text, variables } = sampleConfig([type], { others: false });
    const names = variables.map(({ name }) => name);
    expect(typesIn(text, names)).toEqual(type === 'log' ? ['log'] : ['log', type]);
  });

  it('with every type at once is accepted', () => {
    const { text, variables } = sampleConfig(TYPES, { others: false });
    expect(
      typesIn(
        text,
        variables.map(({ name }) => name),
      ),
    ).toEqual(TYPES);
  });

  it.each(TYPES)('names every variable that %s needs, and none besides the API key', (type) => {
    const { text, variables } = sampleConfig([type], { others: false });
    const [key, ...needed] = variables;
    expect(key?.name).toBe('PARALLEL_API_KEY');
    const problems = needed.length === 0 ? [] : configured(text).problems();
    expect(problems.map((problem) => / variable (\w+) is not set/.exec(problem)?.[1])).toEqual(
      needed.map(({ name }) => name),
    );
    expect(variables.filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  it.each(TYPES)('is accepted with all that stands behind # beside %s, too', (type) => {
    const text = withoutHash(sampleConfig([type], { others: false }).text);
    expect(text).toContain('\nretention: 30d\n');
    const names = [...text.matchAll(/^[^#\n]*?\$\{(\w+)\}/gm)].map(([, name = '']) => name);
    const { config } = configured(text).load(environmentOf(names));
    expect(config.runs).toHaveLength(1);
    expect(config.http).toMatchObject({ port: 9464 });
  });

  it('without a choice shows every type behind #, each to be used as it stands', () => {
    const { text, variables } = sampleConfig([], { others: true });
    expect(variables.map(({ name }) => name)).toEqual(['PARALLEL_API_KEY']);
    expect(typesIn(text, [])).toEqual(['log']);
    const whole = text.replaceAll(/^ {2}# (?=- name| {2})/gm, '  ');
    const names = [...whole.matchAll(/^[^#\n]*?\$\{(\w+)\}/gm)].map(([, name = '']) => name);
    expect(typesIn(whole, names)).toEqual(TYPES);
  });

  it('explains each setting in the words of its declaration, and holds no secret', () => {
    const { text } = sampleConfig(['slack', 'webhook'], { others: false });
    expect(text).toContain('    # Where events are posted.\n    url: ${WEBHOOK_URL}\n');
    expect(text).toContain('    # secret: ${WEBHOOK_SECRET}\n');
    expect(text).toMatch(/# The incoming webhook; a secret, .*\n {4}url: \$\{SLACK_WEBHOOK_URL\}\n/);
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
