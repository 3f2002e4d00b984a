import { systemClock } from '../../src/clock.ts';
import type { Dialect } from '../../src/sinks/kit/dialect.ts';
import type { MessageOptions } from '../../src/sinks/kit/deliver.ts';
import { pack, type Packed, type PackOptions } from '../../src/sinks/kit/pack.ts';
import type { RunEvent } from '../../src/run-event.ts';

/** What every sink that people read is configured with. */
export const MESSAGES: Omit<MessageOptions, 'name'> = {
  group: { max: 20, overflow: 'split' },
  runLink: null,
  onTooLong: () => {},
};

/** What every sink that posts messages for people is made with, beside its address. */
export const POSTED = {
  ...{ name: 'team', ...MESSAGES, proxy: null, timeoutMs: 5000 },
  ...{ userAgent: 'findall-watch/test', clock: systemClock },
};

/** The messages that a group becomes, one claim after the other. */
export function packedOf<Rendered>(
  dialect: Dialect<Rendered>,
  events: readonly RunEvent[],
  options: Partial<PackOptions> = {},
): Packed<Rendered>[] {
  const messages: Packed<Rendered>[] = [];
  for (let sent = 0; sent < events.length; ) {
    const [first, ...rest] = events.slice(sent, sent + dialect.mostPerMessage);
    const packed = pack([first!, ...rest], dialect, {
      max: 20,
      overflow: 'split',
      sent,
      runLink: null,
      ...options,
    });
    messages.push(packed);
    sent += packed.count;
  }
  return messages;
}

/** The first message of a group. */
export function firstOf<Rendered>(
  dialect: Dialect<Rendered>,
  events: readonly RunEvent[],
  options: Partial<PackOptions> = {},
): Rendered {
  const [packed] = packedOf(dialect, events, options);
  return packed!.rendered;
}
