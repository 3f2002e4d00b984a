import { expect, test } from 'vitest';
import { openLog } from '../../src/logging/logger.ts';

const HOSTILE = 'a\u001b[31m\u009b31m\u202eb\u2028c\u0000d\u200be\ue000\u{e0041}日本';

test('no line of the log holds what a terminal obeys, and each gives the same values when it is read', async () => {
  const written: string[] = [];
  const { logger, writeLine } = openLog({ level: 'trace', to: { write: (text) => written.push(text) } });

  logger.warn({ reason: HOSTILE, [HOSTILE]: 1 }, HOSTILE);
  await writeLine('match found', { event: { data: { name: HOSTILE } } });

  const text = written.join('');
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Co}|\p{Zl}|\p{Zp}/u);
  const [warning, match] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(warning).toMatchObject({ reason: HOSTILE, [HOSTILE]: 1, msg: HOSTILE });
  expect(match).toMatchObject({ event: { data: { name: HOSTILE } } });
});
