import type { RunEvent } from '../../src/run-event.ts';
import type { ReceivedDelivery } from '../support/servers/receiver.ts';

/** What is known of the messages for people. */
export interface People {
  recorded: readonly RunEvent[];
  people: readonly ReceivedDelivery[];
}

/**
 * Breaches of "every match is named, in one message" in a campaign, in words. A message that is sent again is the same, so the same text is
 * one message.
 */
export function peopleBreaches({ recorded, people }: People): string[] {
  const messages = new Set(people.filter(({ accepted }) => accepted).map(({ text }) => text));
  const timesNamed = new Map<string, number>();
  for (const text of messages) {
    const { title, message } = JSON.parse(text) as { title: string; message: string };
    for (const [, name = ''] of message.matchAll(/^✔ (.+?)(?: \(https?:\S+\))?$/gm)) {
      const key = `${runOf(title)} ${name}`;
      timesNamed.set(key, (timesNamed.get(key) ?? 0) + 1);
    }
  }
  return recorded
    .filter(({ type }) => type === 'findall.candidate.matched')
    .flatMap(({ id, findall_id: findallId, data }) => {
      const times = timesNamed.get(`${shortName(findallId)} ${String(data.name)}`) ?? 0;
      return times === 1 ? [] : [`${id} (${String(data.name)}) is named in ${times} messages`];
    });
}

/** A headline ends in the name of its run: the first digits of its id. */
function runOf(title: string): string {
  return /\(([^()]+)\)$/.exec(title)?.[1] ?? '';
}

function shortName(findallId: string | null): string {
  return (findallId ?? '').replace(/^findall_/, '').slice(0, 8);
}
