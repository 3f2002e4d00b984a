import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observe, freshMemory } from '../../../diff/observer.ts';
import { RUN_ID } from '../../../builders/model-builders.ts';
import { isStale, sameCounts } from '../../../../src/poll/compare-runs.ts';
import { PLAIN } from '../../../../src/commands/output/layout.ts';
import { progressLines } from '../../../../src/commands/follow/progress-lines.ts';
import { runLines, runTable } from '../../../../src/commands/inspect/run-text.ts';
import { parseSnapshot } from '../../../../src/poll/findall/parse-snapshot.ts';
import { readErrorBody } from '../../../../src/poll/findall/error-body.ts';
import { unknownValues } from '../../../../src/poll/unknown-values.ts';
import { bytes, completedPayload } from '../../payloads.ts';

/** The completed payload with one value, anywhere in it, replaced by any JSON. */
const nearlyRight = fc.tuple(fc.nat(), fc.jsonValue()).map(([place, value]) => {
  let left = place % 40;
  return JSON.stringify(completedPayload(), (_, field: unknown) => (left-- === 0 ? value : field)) ?? '';
});

const PROGRESS = { ...PLAIN, width: 80, height: 9, now: 0, nameOf: (id: string) => id };

describe('with any body', () => {
  it('any bytes are a snapshot or a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        expect(parseSnapshot(body, RUN_ID).kind).toBe('invalid');
      }),
      { numRuns: 1000 },
    );
  });

  it('any JSON is a snapshot or a reason', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (body) => {
        expect(parseSnapshot(bytes(body), RUN_ID).kind).toBe('invalid');
      }),
      { numRuns: 1000 },
    );
  });

  it('what is nearly right is refused, or passed on as it was sent, compared, reported and shown', () => {
    fc.assert(
      fc.property(nearlyRight, (body) => {
        const parsed = parseSnapshot(bytes(body), RUN_ID);
        fc.pre(parsed.kind === 'snapshot');
        unknownValues(parsed.snapshot);
        const { textDigests: _, texts: _texts, ...sent } = parsed.snapshot;
        expect(sent).toEqual(JSON.parse(body));
        const { after } = observe(freshMemory(), parsed.snapshot);
        expect(observe(after, parsed.snapshot).changes).toEqual([]);
        expect(isStale(parsed.snapshot.run, parsed.snapshot.run, 0)).toBe(false);
        expect(sameCounts(parsed.snapshot.run, parsed.snapshot.run)).toBe(true);
        const shown = [
          ...runLines(after.run, { now: 0, isPolled: true }),
          ...runTable([after.run], { now: 0, isPolled: true }),
          ...progressLines([after.run], PROGRESS),
        ];
        expect(shown.join('\n')).not.toMatch(/undefined|NaN|\[object/);
      }),
      { numRuns: 3000 },
    );
  });

  it('any error body is read without failing, on one line of bounded length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const { message = '', refId = '' } = readErrorBody(text, 'k');
        expect(`${message}${refId}`).not.toMatch(/\p{Cc}/u);
        expect(message.length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 1000 },
    );
  });
});
