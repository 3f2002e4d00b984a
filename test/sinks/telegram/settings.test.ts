// cspell:ignore seof
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { loadedSink, withSink } from '../sections.ts';

const CANARY = 'AAHdqTcvCH1vGWJxfSeofSAs0K5P-canary';
const TELEGRAM = `type: telegram, token: "1:${CANARY}", chat: "@lights"`;

describe('telegram', () => {
  it('needs a token and a chat', () => {
    expect(loadedSink(TELEGRAM)).toMatchObject({
      ...{ type: 'telegram', token: `1:${CANARY}`, chat: '@lights', topic: null },
      ...{ apiUrl: 'https://api.telegram.org', timeoutMs: 15_000 },
    });
  });

  it('takes the id of a chat with or without quotes', () => {
    for (const chat of ['-1001234567890', '"-1001234567890"']) {
      expect(loadedSink(`type: telegram, token: "1:${CANARY}", chat: ${chat}, topic: 7`)).toMatchObject({
        chat: '-1001234567890',
        topic: 7,
      });
    }
  });
});

describe('what is wrong is shown, and no secret with it', () => {
  it.each([
    [`type: telegram, token: "${CANARY}", chat: "1"`, 'sinks[0].token: '],
    [`type: telegram, token: "1:${CANARY}/../x", chat: "1"`, 'sinks[0].token: '],
    [TELEGRAM.replace('@lights', 'lights'), 'sinks[0].chat: saw "lights"; allowed: the id of a chat'],
  ])('%s', (sink, problem) => {
    const shown = withSink(sink).problems().join('\n');
    expect(shown).toContain(problem);
    expect(shown).not.toContain('canary');
  });

  it.each([TELEGRAM])('check masks it: %s', (sink) => {
    const shown = explainConfig(withSink(sink).load());
    expect(shown).toContain('***');
    expect(shown).not.toContain('canary');
  });
});
