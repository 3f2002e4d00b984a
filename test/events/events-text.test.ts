import { expect, it } from 'vitest';
import { eventsText } from '../../src/events/events-text.ts';
import { candidateEvent, endingEvent, noticeEvent } from '../builders/event-builders.ts';
import { candidate } from '../builders/model-builders.ts';

it('names the candidate of the only event, cleaned and bounded', () => {
  const named = (name: unknown) => eventsText([candidateEvent('matched', { ...candidate('c1'), name })]);
  expect(named('Northwind Labs')).toBe('match found: Northwind Labs');
  expect(named('a\u001b[2J\u202eb\nc')).toBe('match found: a [2Jb c');
  expect(named('n'.repeat(500))).toHaveLength('match found: '.length + 100);
  expect([undefined, ' ', { name: 'x' }].map(named)).toEqual(Array(3).fill('match found: c1'));
});

it('says of another event what its line in the log says', () => {
  expect(eventsText([endingEvent('failed')])).toBe('run failed');
  expect(eventsText([noticeEvent('gone', 'HTTP 404')])).toBe('run gone');
});

it('counts several events by their types, in order', () => {
  const matches = [candidateEvent(), candidateEvent('retracted'), candidateEvent()];
  expect(eventsText([...matches, endingEvent()])).toBe('match found (2), match retracted, run completed');
});
