/** How a follow closes: what is pending is delivered, and what the events leave open is said. */
import type { Config } from '../../config/config.ts';
import type { SinkConfig } from '../../sinks/registry.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { SinkBacklog } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import { reasonText } from '../../sinks/kit/ending-item.ts';
import { reasonOf } from '../../diff/run-facts.ts';
import type { CommandContext } from '../command-context.ts';
import type { FollowedRun, FollowStatus } from './follow-verdict.ts';
import { createShortIds, runTitle } from '../output/run-name.ts';
import type { FollowView } from './follow-view.ts';

/** How long notifications pending for what was followed may take after the last ending. */
export const DRAIN_MS = 8000;
const LOOK_MS = 100;
/** Deliveries that are looked at to see whether any is coming. */
const LOOKED_AT = 1000;

/** stdout shows the events themselves here; what is pending for a log sink waits for the daemon whose log it is. */
export function deliverableSinks({ sinks }: Config): SinkConfig[] {
  return sinks.filter((sink) => sink.type !== 'log');
}

/** Gives the sinks a moment to take what they are pending, and says what remains. */
export async function drainOutbox({
  context,
  sinks,
  store,
  view,
}: {
  context: CommandContext;
  sinks: readonly SinkConfig[];
  store: Store;
  view: FollowView;
}): Promise<void> {
  if (sinks.length === 0) return;
  const mine = new Set(sinks.map((sink) => sink.name));
  const until = context.clock.now() + DRAIN_MS;
  for (;;) {
    const pendingRow = (await store.backlog()).filter(({ sink, pending }) => mine.has(sink) && pending > 0);
    if (pendingRow.length === 0) return;
    const late = context.clock.now() >= until || context.interrupted.aborted;
    const waits = await Promise.all(pendingRow.map((sink) => waitsBeyond(store, sink, until)));
    if (late || waits.every(Boolean)) {
      for (const { sink, pending, state, reason } of pendingRow) {
        const why =
          state === 'running' ? await holdOf(store, sink) : ` (${state}: ${cleanText(reason ?? '', 100)})`;
        view.note(
          `${pending} still pending for sink ${sink}${why}: a daemon or the next follow --deliver tries again`,
        );
      }
      return;
    }
    await context.clock.sleep(LOOK_MS, context.interrupted);
  }
}

/** Whether no pending delivery of a sink will be tried before `until`: it stopped, or is held, or was refused. */
async function waitsBeyond(store: Store, { sink, state }: SinkBacklog, until: number): Promise<boolean> {
  if (state === 'stopped') return true;
  const pending = await store.deliveries({ sink, states: ['pending'], limit: LOOKED_AT });
  return pending.length < LOOKED_AT && pending.every(({ nextAttemptAt }) => (nextAttemptAt ?? 0) > until);
}

/** Until when quiet hours or a group hold the pending deliveries of a sink. */
async function holdOf(store: Store, sink: string): Promise<string> {
  const [first] = await store.deliveries({ sink, states: ['pending'], limit: 1 });
  if (!first?.heldBy || first.nextAttemptAt === null) return '';
  const until = new Date(first.nextAttemptAt).toISOString().slice(0, 16);
  return ` (held ${first.heldBy === 'quiet' ? 'by its quiet hours' : 'for its group'} until ${until}Z)`;
}

/** What the events leave open: that there were none, and what can be done about a halt. */
export function sumUp(
  view: FollowView,
  run: FollowedRun,
  followStatus: FollowStatus | undefined,
  hasNews: boolean,
): void {
  const status = run.run?.status.status;
  const reason = run.run === null ? null : reasonOf(run.run);
  const why = reason ? `: ${reasonText(reason)}` : '';
  if (!hasNews) {
    const now = cleanText(
      followStatus === 'gone' ? 'not known to the API' : `${status ?? run.state}${why}`,
      80,
    );
    view.note(`${nameOf(run)} is ${now}; nothing new since the last follow; --all shows everything`);
  }
  if (followStatus === 'halted') {
    view.note(`when ${nameOf(run)} can go on, follow it again; the daemon goes on polling it`);
  }
}

function nameOf({ findallId, label, schema }: FollowedRun): string {
  return runTitle({ findallId, label, objective: schema?.objective ?? null }, createShortIds([findallId]));
}
