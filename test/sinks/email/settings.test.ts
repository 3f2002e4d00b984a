// cspell:ignore seof
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { loadedSink, SECTIONS, withSink } from '../sections.ts';

const CANARY = 'AAHdqTcvCH1vGWJxfSeofSAs0K5P-canary';
const EMAIL = SECTIONS.email;
const LOGIN = `user: w, password: "${CANARY}"`;

describe('email', () => {
  it.each([
    ['', 'starttls', 587],
    ['port: 465', 'implicit', 465],
    ['port: 2525', 'starttls', 2525],
    ['tls: implicit', 'implicit', 465],
    ['tls: starttls, port: 465', 'starttls', 465],
    ['tls: none, port: 25', 'none', 25],
  ])('with "%s" is encrypted by %s on port %i', (more, tls, port) => {
    expect(loadedSink(`${EMAIL}${more === '' ? '' : `, ${more}`}`)).toMatchObject({
      tls,
      port,
      user: null,
      password: null,
    });
  });

  it('may send a password in the clear on this machine', () => {
    expect(loadedSink(`${EMAIL.replace('mail.example', '127.0.0.1')}, ${LOGIN}, tls: none`)).toMatchObject({
      user: 'w',
      password: CANARY,
    });
  });

  it('goes to one or to many', () => {
    expect(loadedSink(EMAIL)).toMatchObject({ to: ['ana@example.org'] });
    expect(loadedSink(EMAIL.replace('to: ', 'to: [b@x.example, "Cy <c@x.example>", ') + ']')).toMatchObject({
      to: ['b@x.example', 'Cy <c@x.example>', 'ana@example.org'],
    });
  });
});

describe('what is wrong is shown, and no secret with it', () => {
  it.each([
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
    const shown = withSink(sink).problems().join('\n');
    expect(shown).toContain(problem);
    expect(shown).not.toContain('canary');
  });

  it.each([`${EMAIL}, ${LOGIN}`])('check masks it: %s', (sink) => {
    const shown = explainConfig(withSink(sink).load());
    expect(shown).toContain('***');
    expect(shown).not.toContain('canary');
  });
});
