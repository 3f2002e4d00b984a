/** Deliveries as they are listed: put together where they failed alike, or a page at a time. */
import type { DeliveryGroup, DeliveryGroupFilter, DeliveryRecord } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import type { OutboxRow } from '../output/outbox-table.ts';

/** Deliveries for one reason that are listed one by one; of more the first is, with their count. */
const LISTED = 10;
const PAGE = 500;

type Deliveries = Pick<Store, 'deliveries' | 'deliveryGroups'>;

/** A reason without how often it was tried: what was given up after 24 attempts failed like what was after 25. */
export function plainReason(reason: string | null): string | null {
  return reason?.replace(/^given up after \d+ attempts: /, '') ?? null;
}

/**
 * The deliveries that the filter chooses as rows, sink by sink, the oldest first: those that failed alike in one row with their
 * count, or each on its own. At most `limit` rows, and whether there are more.
 */
export async function readOutboxRows(
  store: Deliveries,
  { limit, ...filter }: DeliveryGroupFilter,
  { isFolded }: { isFolded: boolean },
): Promise<{ rows: OutboxRow[]; isMore: boolean }> {
  const groups = await store.deliveryGroups({ ...filter, limit: MOST_GROUPS });
  const alike = Map.groupBy(groups, (group) =>
    JSON.stringify([group.sink, group.state, plainReason(group.reason)]),
  );
  const rows: OutboxRow[] = [];
  for (const those of alike.values()) {
    if (rows.length > limit) break;
    const whole = together(those);
    const isOne = isFolded && whole.count > LISTED;
    const members: DeliveryRecord[] = [];
    for (const { sink, state, reason } of those) {
      const most = isOne ? 1 : limit + 1 - rows.length - members.length;
      if (most <= 0 || (isOne && members.length > 0)) break;
      members.push(...(await store.deliveries({ ...filter, sink, states: [state], reason, limit: most })));
    }
    if (isOne) rows.push({ group: whole, deliveries: members });
    else rows.push(...members.map((each) => alone(whole, each)));
  }
  return { rows: rows.slice(0, limit), isMore: rows.length > limit || groups.length === MOST_GROUPS };
}

/** Different reasons that are read. */
const MOST_GROUPS = 1000;

function together(groups: readonly DeliveryGroup[]): DeliveryGroup {
  const [first] = groups;
  if (first === undefined) throw new Error('no deliveries are together');
  const isOneStream = groups.every(({ stream }) => stream === first.stream);
  return {
    ...first,
    reason: plainReason(first.reason),
    count: groups.reduce((sum, { count }) => sum + count, 0),
    stream: isOneStream ? first.stream : null,
    oldestAt: Math.min(...groups.map(({ oldestAt }) => oldestAt)),
  };
}

function alone(group: DeliveryGroup, delivery: DeliveryRecord): OutboxRow {
  const { stream, lastReason: reason } = delivery;
  const oldestAt = delivery.settledAt ?? delivery.queuedAt;
  return { group: { ...group, reason, count: 1, stream, oldestAt }, deliveries: [delivery] };
}

/** Each delivery that the filter chooses, at most `limit`, a page at a time: memory does not grow with the outbox. */
export async function* readDeliveryPages(
  store: Deliveries,
  { limit, ...filter }: DeliveryGroupFilter,
): AsyncGenerator<DeliveryRecord[]> {
  let left = limit;
  let last: DeliveryRecord | undefined;
  while (left > 0) {
    const after = last === undefined ? {} : { after: last };
    const page = await store.deliveries({ ...filter, ...after, limit: Math.min(PAGE, left) });
    if (page.length === 0) return;
    yield page;
    left -= page.length;
    last = page.at(-1);
  }
}
