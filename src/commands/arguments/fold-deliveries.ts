import type { DeliveryGroupFilter, DeliveryRecord } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import type { OutboxRow } from '../output/outbox-table.ts';

/** Deliveries for one reason that are listed one by one; of more the first is, with their count. */
const LISTED = 3;
const PAGE = 500;

type Deliveries = Pick<Store, 'deliveries' | 'deliveryGroups'>;

/**
 * The deliveries that the filter chooses as rows, sink by sink, the oldest first: those that failed alike in one row with their
 * count, or each on its own. At most `limit` rows, and whether there are more.
 */
export async function readOutboxRows(
  store: Deliveries,
  { limit, ...filter }: DeliveryGroupFilter,
  { isFolded }: { isFolded: boolean },
): Promise<{ rows: OutboxRow[]; isMore: boolean }> {
  const groups = await store.deliveryGroups({ ...filter, limit: limit + 1 });
  const rows: OutboxRow[] = [];
  for (const group of groups) {
    if (rows.length > limit) break;
    const { sink, state, reason } = group;
    const most = isFolded && group.count > LISTED ? 1 : Math.min(group.count, limit + 1 - rows.length);
    const deliveries = await store.deliveries({ ...filter, sink, states: [state], reason, limit: most });
    if (isFolded && group.count > LISTED) rows.push({ group, deliveries });
    else rows.push(...deliveries.map((each) => alone(group, each)));
  }
  return { rows: rows.slice(0, limit), isMore: rows.length > limit };
}

function alone(group: OutboxRow['group'], delivery: DeliveryRecord): OutboxRow {
  const oldestAt = delivery.settledAt ?? delivery.queuedAt;
  return { group: { ...group, count: 1, runs: 1, oldestAt }, deliveries: [delivery] };
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
