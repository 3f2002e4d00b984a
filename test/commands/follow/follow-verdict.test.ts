import { describe, expect, it } from 'vitest';
import { followStatusOf, verdictOf } from '../../../src/commands/follow/follow-verdict.ts';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import { MINUTE, seen, unavailable, unchanged, Watch } from '../../poll/watch.ts';

const status = (watch: Watch) => followStatusOf(watch.run, 0, watch.now);

describe('a follow', () => {
  it('leaves after an answer that confirms the ending', () => {
    const watch = Watch.of('running');
    watch.poll(seen(snapshot('completed')));
    expect(status(watch)).toBe('going');
    watch.poll(unchanged);
    expect(status(watch)).toBe('completed');
  });

  it('waits for what comes after the ending until an answer brings nothing new', () => {
    const watch = Watch.of('completed');
    watch.poll(seen(snapshot('completed', candidate('late'))));
    expect(status(watch)).toBe('going');
    watch.poll(unchanged);
    expect(status(watch)).toBe('completed');
  });

  it.each([
    ['inactive with the status of ongoing work', runObject('running', { is_active: false })],
    ['active', runObject('running')],
  ])('does not leave at one wrong inactive answer of a run that is %s', (_, then) => {
    const watch = Watch.of('running');
    watch.poll(seen(snapshot(runObject('running', { is_active: false }))));
    expect(status(watch)).toBe('going');
    watch.poll(seen(snapshot('completed')));
    watch.poll(seen(snapshot(then)));
    expect(status(watch)).toBe('going');
    expect(verdictOf(['going', 'completed'])).toBeNull();
    watch.poll(seen(snapshot(then)));
    watch.poll(seen(snapshot('failed')));
    watch.poll(unchanged);
    expect(status(watch)).toBe('other-ending');
  });

  it('leaves after two minutes in which no answer could confirm the ending', () => {
    const watch = Watch.of('completed');
    watch.poll(unavailable);
    expect(status(watch)).toBe('going');
    watch.poll(unavailable, 2 * MINUTE);
    expect(status(watch)).toBe('completed');
  });
});
