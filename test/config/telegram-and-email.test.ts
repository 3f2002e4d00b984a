import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../src/config/explain-config.ts';
import { House } from './config-harness.ts';

const CANARY = 'AAHdqTcvCH1vGWJxfSeofSAs0K5P-canary';
const TELEGRAM = `type: telegram, token: "1:${CANARY}", chat: "@lights"`;
const EMAIL = 'type: email, host: mail.example, from: w@example.com, to: ana@example.org';
const LOGIN = `user: w, password: "${CANARY}"`;

function houseWith(sink: string): House {
  return new House({ 'config/findall-watch.yaml': `sinks: [{ name: a, ${sink} }]\n` });
}

function sinkOf(sink: string) {
  return houseWith(sink).load().config.sinks[0];
}

describe('telegram', () => {
  it('needs a token and a chat', () => {
    expect(sinkOf(TELEGRAM)).toMatchObject({
      ...{ type: 'telegram', token: `1:${CANARY}`, chat: '@lights', topic: null },
      ...{ apiUrl: 'https://api.telegram.org', timeoutMs: 15_000 },
    });
  });

  it('takes the id of a chat with or without quotes', () => {
    for (const chat of ['-1001234567890', '"-1001234567890"']) {
      expect(sinkOf(`type: telegram, token: "1:${CANARY}", chat: ${chat}, topic: 7`)).toMatchObject({
        chat: '-1001234567890',
        topic: 7,
      });
    }
  });
});

describe('email', () => {
  it.each([
    ['', 'starttls', 587],
    ['port: 465', 'implicit', 465],
    ['port: 2525', 'starttls', 2525],
    ['tls: implicit', 'implicit', 465],
    ['tls: starttls, port: 465', 'starttls', 465],
    ['tls: none, port: 25', 'none', 25],
  ])('with "%s" is encrypted by %s on port %i', (more, tls, port) => {
    expect(sinkOf(`${EMAIL}${more === '' ? '' : `, ${more}`}`)).toMatchObject({
      tls,
      port,
      user: null,
      password: null,
    });
  });

  it('may send a password in the clear on this machine', () => {
    expect(sinkOf(`${EMAIL.replace('mail.example', '127.0.0.1')}, ${LOGIN}, tls: none`)).toMatchObject({
      user: 'w',
      password: CANARY,
    });
  });

  it('goes to one or to many', () => {
    expect(sinkOf(EMAIL)).toMatchObject({ to: ['ana@example.org'] });
    expect(sinkOf(EMAIL.replace('to: ', 'to: [b@x.example, "Cy <c@x.example>", ') + ']')).toMatchObject({
      to: ['b@x.example', 'Cy <c@x.example>', 'ana@example.org'],
    });
  });
});

describe('what is wrong is told, and no secret with it', () => {
  it.each([
    [`type: telegram, token: "${CANARY}", chat: "1"`, 'sinks[0].token: '],
    [`type: telegram, token: "1:${CANARY}/../x", chat: "1"`, 'sinks[0].token: '],
    [TELEGRAM.replace('@lights', 'lights'), 'sinks[0].chat: saw "lights"; allowed: the id of a chat'],
    [`${EMAIL}, user: w`, 'sinks[0].password: missing; allowed: set together with user'],
    [`${EMAIL}, password: ${CANARY}`, 'sinks[0].user: missing; allowed: set together with password'],
    [`${EMAIL}, ${LOGIN}, tls: none`, 'sinks[0].tls: saw "none"; allowed: implicit or starttls'],
    [`${EMAIL}, ${LOGIN}, tls: opportunistic`, 'sinks[0].tls: saw "opportunistic"; allowed: implicit or'],
    [`${EMAIL}, tls: ssl`, 'sinks[0].tls: saw "ssl"; allowed: one of implicit'],
    [EMAIL.replace('w@example.com', '"w@example.com\\r\\nBcc: x@evil.example"'), 'sinks[0].from: '],
    [EMAIL.replace('w@example.com', '"w@example.com, x@evil.example"'), 'sinks[0].from: '],
    [EMAIL.replace('ana@example.org', '"x, y <a@b.c>"'), 'sinks[0].to: '],
    [EMAIL.replace('ana@example.org', '[]'), 'sinks[0].to: '],
  ])('%s', (sink, problem) => {
    let told = '';
    try {
      houseWith(sink).load();
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told).toContain(problem);
    expect(told).not.toContain('canary');
  });

  it.each([TELEGRAM, `${EMAIL}, ${LOGIN}`])('check masks it: %s', (sink) => {
    const told = explainConfig(houseWith(sink).load());
    expect(told).toContain('***');
    expect(told).not.toContain('canary');
  });
});
