// cspell:ignore frist lable notfy tiemout
import { describe, expect, it } from 'vitest';
import { ConfigHarness, configured } from './config-harness.ts';

describe('problems', () => {
  it('are shown all at once, each with key, value seen, what is allowed and origin', () => {
    const harness = configured(`api:
  tiemout: 5s
  concurrency: 65
poll: { interval: 5 parsecs }
runs: [{ id: findall_a, baseline: notfy }]
log: { level: loud }
`);
    expect(harness.problems({ PARALLEL_BASE_URL: 'ftp://x', FINDALL_WATCH_RUNS: 'findall/../b' })).toEqual([
      expect.stringMatching(
        /^api\.baseUrl: saw "ftp:\/\/\*\*\*"; allowed: an https URL .* \(from env PARALLEL_BASE_URL\)$/,
      ),
      'api.concurrency: saw 65; allowed: a whole number from 1 to 64 (from config/findall-watch.yaml:3)',
      'api.tiemout: unknown key; did you mean timeout?; allowed: key, baseUrl, concurrency, timeout, maxBody (from config/findall-watch.yaml:2)',
      'poll.interval: saw "5 parsecs"; allowed: a duration from 50ms to 1h, written like 250ms, 10s, 5m, 1h or 7d (from config/findall-watch.yaml:4)',
      'runs[0].baseline: saw "notfy"; did you mean notify?; allowed: one of notify, silent (from config/findall-watch.yaml:5)',
      'runs[1].id: saw "findall/../b"; allowed: the id of a FindAll run, such as findall_40e0ab8c10754be0b7a16477abb38a2f, or a URL with one such id in it (from env FINDALL_WATCH_RUNS)',
      'log.level: saw "loud"; allowed: one of trace, debug, info, warn, error, fatal, silent (from config/findall-watch.yaml:6)',
    ]);
  });

  it.each([
    ['api:', 'api: no value after the key'],
    ['sinks: { name: log }', 'sinks: saw a map; allowed: a list of sinks'],
    ['sinks: [log]', 'sinks[0]: saw text'],
    ['sinks: [{ name: a }]', 'sinks[0].type: missing; allowed: log, webhook, '],
    ['sinks: [{ name: a, type: webhook }]', 'sinks[0].url: missing; allowed: an http or https URL'],
    ['sinks: [{ name: a, type: log, url: x }]', 'sinks[0].url: unknown key'],
    [
      'sinks: [{ name: a, type: log, retry: { frist: 1s } }]',
      'sinks[0].retry.frist: unknown key; did you mean first?',
    ],
    [
      'sinks: [{ name: a, type: log, events: [] }]',
      'sinks[0].events: saw a list; allowed: at least one event type',
    ],
    [
      'sinks: [{ name: a, type: log, events: [findall.candidate.match] }]',
      'did you mean findall.candidate.matched?',
    ],
    ['sinks: [{ name: a, type: log, events: [findall.runs.*] }]', 'did you mean findall.run.*?'],
    ['sinks: [{ name: a, type: log, events: ["*"] }]', 'sinks[0].events[0]: saw "*"'],
    ['sinks: [{ name: a b, type: log }]', 'sinks[0].name: saw "a b"'],
    [
      'sinks: [{ name: a, type: log }, { name: a, type: log }]',
      'sinks[1].name: saw "a"; allowed: a name no other sink has',
    ],
    ['runs: [findall_a, { id: findall_a }]', 'runs[1].id: saw "findall_a"; allowed: each run once'],
    ['runs: [findall_a, " FINDALL_A"]', 'runs[1].id: saw " FINDALL_A"; allowed: each run once'],
    [
      'runs: [{ id: findall_a, label: 2024 }]',
      'runs[0].label: saw 2024; allowed: 1 to 200 characters, not only spaces; put it in quotes, because without quotes it is a number and not text (from config/findall-watch.yaml:1)',
    ],
    ['runs: [{ id: findall_a, label: true }]', 'without quotes it is true or false and not text'],
    ['sinks: [{ name: 5, type: log }]', 'sinks[0].name: saw 5; allowed: letters, digits'],
    ['sinks: [{ name: 5, type: log }]', 'put it in quotes, because without quotes it is a number'],
    ['sinks: [{ name: a, type: log, runs: [2024] }]', 'sinks[0].runs[0]: saw 2024'],
    ['sinks: [{ name: a, type: log, runs: [2024] }]', 'put it in quotes'],
    ['sinks: [{ name: a, type: log, template: 5 }]', 'and templates; put it in quotes, because'],
    ['api: { key: 12345678 }', 'api.key: saw ***; allowed: the key as Parallel gave it'],
    ['api: { key: 12345678 }', 'put it in quotes'],
    [
      'sinks: [{ name: a, type: webhook, url: https://x.example, headers: { x-team: 7 } }]',
      'sinks[0].headers.x-team: saw ***; allowed: visible ASCII',
    ],
    [`api: { key: '"quoted-key"' }`, 'api.key: saw *** with quotes around it; remove the quotes'],
    [`poll: { interval: '"5s"' }`, 'poll.interval: saw "5s" with quotes around it'],
    ['runs: [5]', 'runs[0]: saw 5; allowed: a findall id or a map with an id'],
    ['runs: [{ lable: x }]', 'runs[0].lable: unknown key; did you mean label?'],
    ['runs: [{ label: x }]', 'runs[0].id: missing'],
    ['runs: [{ id: findall_a, label: "  " }]', 'runs[0].label: saw "  "'],
    ['store: { pth: /x }', 'store.pth: unknown key; did you mean path?'],
    ['store: { lease: 4s }', 'store.lease: saw "4s"; allowed: a duration from 5s to 1d'],
    ['store: 5', 'store: saw 5; allowed: a file path, or a map with path and lease'],
    ['store: mysql://u:p@db/x', 'store.path: saw "mysql://***"; allowed: a file path, or postgres://'],
    ['store: "postgres://u:p%zz/w#d@db/x"', 'store.path: saw "***"; allowed: a file path, or postgres://'],
    [
      'poll: { base_interval: 1s, max_interval: 1s }',
      'poll.max_interval: unknown key; did you mean maxInterval?',
    ],
    ['poll: { linger: 10 }', 'poll.linger: saw 10; allowed: a duration from 0 to 30d'],
    ['api: { key: "two words" }', 'api.key: saw ***'],
    ['api: { maxBody: 2GiB }', 'api.maxBody: saw "2GiB"; allowed: a size from 1KiB to 1GiB'],
    ['__proto__: { x: 1 }', '__proto__: unknown key'],
    ['log: { level: "\\e[31m" }', String.raw`log.level: saw "\u001b[31m"`],
  ])('in %s: %s', (yaml, problem) => {
    expect(configured(yaml).problems().join('\n')).toContain(problem);
  });

  it.each([
    'http://api.parallel.ai',
    'https://u:p@api.parallel.ai',
    'https://api.parallel.ai?x',
    'https://api.parallel.ai#x',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'api.parallel.ai',
    'https://',
  ])('refuse the base URL %s', (baseUrl) => {
    expect(new ConfigHarness().problems({}, { baseUrl })[0]).toContain('(from flag --base-url)');
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1:1/v1', 'http://[::1]:1', 'https://proxy.example/x'])(
    'take the base URL %s',
    (baseUrl) => {
      expect(new ConfigHarness().load({}, { baseUrl }).config.api.baseUrl).toBe(baseUrl);
    },
  );

  it.each(['findall_a/b', 'findall_', 'findall_a?x', 'findall_a%2e', 'run_a', `findall_${'a'.repeat(121)}`])(
    'refuse the findall id %s',
    (id) => {
      expect(new ConfigHarness().problems({ FINDALL_WATCH_RUNS: id })).toHaveLength(1);
    },
  );
});

describe('rules between settings', () => {
  it.each([
    ['poll: { interval: 2m }', 'poll.interval: saw "2m"; allowed: at most poll.maxInterval (1m)'],
    [
      'poll: { maxInterval: 5s }',
      'poll.interval: the default is 10s; allowed: at most poll.maxInterval (5s)',
    ],
    [
      'runs: [{ id: findall_a, interval: 61s }]',
      'runs[0].interval: saw "61s"; allowed: at most poll.maxInterval (1m)',
    ],
    [
      'sinks: [{ name: a, type: log, retry: { first: 2h } }]',
      'sinks[0].retry.first: saw "2h"; allowed: at most sinks[0].retry.max (1h)',
    ],
  ])('are checked: %s', (yaml, problem) => {
    expect(configured(yaml).problems()).toEqual([expect.stringContaining(problem)]);
  });

  it('are checked beside problems of single settings', () => {
    const problems = configured('log: { level: x }\npoll: { maxInterval: 5s }').problems();
    expect(problems.map((line) => line.split(':')[0])).toEqual(['log.level', 'poll.interval']);
  });

  it('say nothing about a value that is wrong in itself', () => {
    expect(configured('poll: { interval: x }').problems()).toHaveLength(1);
  });
});

describe('a file that cannot be used', () => {
  it('is shown by its name and by who named it', () => {
    expect(new ConfigHarness().problems({}, { config: 'absent.yaml' })).toEqual([
      'absent.yaml: no such file; allowed: a readable YAML file (from flag --config)',
    ]);
    expect(new ConfigHarness().problems({ FINDALL_WATCH_CONFIG: '.' })[0]).toContain('it is a directory');
  });

  it.each([
    ['a: 1\nb: {c', 'line 2, column'],
    [
      'a: 1\na: 2',
      'not valid YAML at line 2, column 1: a setting that is there already; allowed: each setting once (from its usual place)',
    ],
    ['\ta: 1', 'line 1, column 1: a tab at the beginning of the line; allowed: spaces'],
    ['a: !vault x', 'line 1, column 4: tag resolve failed'],
    ['a: *nobody', 'an alias (*name) without its anchor'],
    ['- a', 'it holds something else than settings'],
    ['a: 1\n---\nb: 2', 'multiple docs'],
  ])('because of %j is shown', (yaml, problem) => {
    expect(configured(yaml).problems().join('\n')).toContain(problem);
  });

  it.each([
    ['an indented setting behind a value', 'poll:\n  interval: 5s\n   linger: 1h\n'],
    ['a value with a colon', 'runs:\n  - id: findall_a\n    label: Q1: storage\n'],
    ['tabs', 'poll:\n\tinterval: 5s\n\tlinger: 1h\n'],
    ['a bracket that is not closed', 'log: {level: info\nruns:\n  - findall_a\n'],
    ['a quote that is not closed', 'poll:\n  interval: "5s\nruns:\n  - findall_a\n'],
    ['a value that begins with @', 'api:\n  key: @key\n  baseUrl: https://api.parallel.ai\n'],
    ['several mistakes, of which the first is named', 'api:\n  key: @key\n  key: %key\n'],
  ])('because of %s is one problem', (_, yaml) => {
    const problems = configured(yaml).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/: not valid YAML at line \d+, column \d+: .+; allowed: /);
    expect(problems[0]).not.toContain('@key');
  });

  it('because it holds itself does not hang', () => {
    expect(configured('runs: &r [*r]').problems().length).toBeGreaterThan(0);
  });
});

describe('${VAR}', () => {
  it('that is not set is a problem at its key alone', () => {
    const harness = configured('sinks:\n  - name: crm\n    type: webhook\n    url: ${CRM_URL}\n');
    expect(harness.problems()).toEqual([
      'sinks[0].url: the environment variable CRM_URL is not set; allowed: a value in CRM_URL or CRM_URL_FILE (from config/findall-watch.yaml:4)',
    ]);
  });

  it.each(['${A:-b}', '${}', '${A', '${1}'])('written as %s is a problem', (text) => {
    expect(configured(`log: { level: "${text}" }`).problems()).toEqual([
      'log.level: a ${ that names no variable; allowed: ${NAME}, or $${ for a plain ${ (from config/findall-watch.yaml:1)',
    ]);
  });

  it('is shown as written when its value is wrong', () => {
    expect(configured('log: { level: "${LEVEL}" }').problems({ LEVEL: 'loud' })[0]).toMatch(
      /^log\.level: saw "\$\{LEVEL\}"; .* \(from config\/findall-watch\.yaml:1 with env LEVEL\)$/,
    );
  });
});
