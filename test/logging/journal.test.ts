import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journalErrors, journalLine } from '../../src/logging/journal.ts';
import { openLog } from '../../src/logging/logger.ts';
import { matchEvent } from '../builders/event-builders.ts';

/** journald's LineMax, with the line feed. */
const LINE_MAX = 48 * 1024;

type Fields = Record<string, unknown>;

/** A line of the log as it is written without the journal. */
async function logged(fields: object, msg = 'match found'): Promise<string> {
  let written = '';
  await openLog({ level: 'info', to: { write: (text) => void (written += text) } }).writeLine(msg, {
    ...fields,
  });
  return written;
}

function parsed(line: string): { priority: string; record: Fields } {
  const [, priority = '', json = ''] = /^<(\d)>(\{.*\})\n$/s.exec(line) ?? [];
  return { priority, record: JSON.parse(json) as Fields };
}

describe('a line in the journal', () => {
  it.each([
    ['fatal', '2'],
    ['error', '3'],
    ['warn', '4'],
    ['info', '6'],
    ['debug', '7'],
    ['trace', '7'],
  ])('of level %s has the priority %s', (level, priority) => {
    const line = `{"level":"${level}","msg":"x"}\n`;
    expect(journalLine(line)).toBe(`<${priority}>${line}`);
  });

  it('that is short stays as it is, with any content', async () => {
    const line = await logged({ event: matchEvent() });
    expect(journalLine(line)).toBe(`<6>${line}`);
  });

  it('of a large match names what it leaves out, and keeps who it is about', async () => {
    const event = matchEvent('findall_a', 'c1', 7);
    const data = { ...event.data, basis: ['b'.repeat(60_000)], output: { field: 'o'.repeat(100) } };
    const line = journalLine(await logged({ event: { ...event, data } }));
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_MAX);
    const { basis: _, ...rest } = data;
    expect(parsed(line).record).toMatchObject({
      ...{ level: 'info', msg: 'match found', event: { ...event, data: rest } },
      left_out: ['event.data.basis'],
      whole_event: 'findall-watch events --json --run findall_a',
    });
  });

  it('leaves out no more than it must', async () => {
    const event = matchEvent();
    const data = { ...event.data, basis: 'b'.repeat(30_000), output: { a: 'o'.repeat(29_000) } };
    const { record } = parsed(journalLine(await logged({ event: { ...event, data } })));
    expect(record['left_out']).toEqual(['event.data.basis']);
    expect(record).toMatchObject({ event: { data: { output: data.output } } });
  });

  it('is whole JSON and fits, with any content of an event', async () => {
    const long = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.repeat(600));
    const value = fc.oneof(
      fc.string(),
      long,
      fc.integer(),
      fc.array(long, { maxLength: 2 }),
      fc.constant(null),
    );
    const keys = fc.oneof(fc.string(), long, fc.constantFrom('name', 'url', 'basis', 'output', '__proto__'));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, value, { maxKeys: 12 }), value, async (data, text) => {
        const event = { ...matchEvent(), data: { ...data, candidate_id: 'c1' } };
        const line = journalLine(await logged({ event, text }));
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_MAX);
        const { id, type, findall_id } = event;
        expect(parsed(line).record).toMatchObject({
          event: { id, type, findall_id, data: { candidate_id: 'c1' } },
        });
      }),
      { numRuns: 40 },
    );
  });

  it('of a diagnostic with an endless reason keeps its message', async () => {
    const { record } = parsed(
      journalLine(await logged({ reason: 'r'.repeat(100_000), run: 'a' }, 'poll failed')),
    );
    expect(record).toMatchObject({ msg: 'poll failed', run: 'a', left_out: ['reason'] });
    expect(record).not.toHaveProperty('whole_event');
  });

  it('of an error of several lines has the priority on each', () => {
    expect(journalErrors('findall-watch: a\n  b\n')).toBe('<3>findall-watch: a\n<3>  b\n');
  });
});
