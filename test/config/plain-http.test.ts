import { describe, expect, it } from 'vitest';
import { configured } from './config-harness.ts';

const CANARY = 'c4narySONG';

/** What a sink sends over plain http, and which setting is refused for it. */
const READABLE: readonly (readonly [sink: string, setting: string])[] = [
  [`type: telegram, token: "1:${CANARY.repeat(3)}", chat: 5, apiUrl: "http://bots.example"`, 'apiUrl'],
  [`type: ntfy, url: "http://push.example/topic", token: ${CANARY}`, 'url'],
  [`type: ntfy, url: "http://u:${CANARY}@push.example/topic"`, 'url'],
  [`type: webhook, url: "http://u:${CANARY}@hooks.example/"`, 'url'],
  [`type: webhook, url: "http://hooks.example/", headers: { authorization: ${CANARY} }`, 'url'],
  [`type: slack, url: "https://hooks.slack.com/a", proxy: "http://u:${CANARY}@proxy.example"`, 'proxy'],
  [
    `type: email, host: mail.example, from: a@b.example, to: c@d.example, proxy: "http://u:${CANARY}@proxy.example"`,
    'proxy',
  ],
];

const taken = (sink: string) => configured(`sinks: [{ name: a, ${sink} }]`).load().config.sinks;
const problemsOf = (sink: string) => configured(`sinks: [{ name: a, ${sink} }]`).problems();

describe('a secret that would travel over plain http to another machine', () => {
  it.each(READABLE)('is refused: %s', (sink, setting) => {
    const [problem = '', ...others] = problemsOf(sink);
    expect(problem).toMatch(
      new RegExp(
        String.raw`^sinks\[0\]\.${setting}: saw .*; allowed: an https URL, because .*allowPlainHttp: true`,
      ),
    );
    expect(problem).not.toContain(CANARY);
    expect(others).toEqual([]);
  });

  it.each(READABLE)('is sent where that is asked for: %s', (sink) => {
    expect(
      configured(`sinks: [{ name: a, ${sink}, allowPlainHttp: true }]`).load().config.sinks,
    ).toMatchObject([{ allowPlainHttp: true }]);
  });

  it.each(READABLE)('may travel within this machine: %s', (sink) => {
    const here = sink.replace(/http:\/\/(.*@)?[a-z.]+/, 'http://$1127.0.0.1:3128');
    expect(taken(here)).toHaveLength(1);
  });

  it.each([
    'type: webhook, url: "http://hooks.example/"',
    'type: ntfy, url: "http://push.example/topic"',
    'type: slack, url: "https://hooks.slack.com/a", proxy: "http://proxy.example"',
  ])('is not looked for where there is none: %s', (sink) => {
    expect(taken(sink)).toHaveLength(1);
  });

  it('is refused as the address of a heartbeat, unless that is asked for', () => {
    const [problem = ''] = configured(`heartbeat: { url: "http://ping.example/${CANARY}" }`).problems();
    expect(problem).toContain('heartbeat.url: saw "http://ping.example/***"; allowed: an https URL, because');
    configured('heartbeat: { url: "http://ping.example/x", allowPlainHttp: true }').load();
    configured('heartbeat: { url: "http://localhost:1/x" }').load();
  });

  it.each([`http://ping.example/${CANARY}?create=1`, `ping.example/${CANARY}`])(
    'is not shown as the address of a heartbeat: %s',
    (url) => {
      expect(configured(`heartbeat: { url: "${url}" }`).problems().join('\n')).not.toContain(CANARY);
    },
  );
});
