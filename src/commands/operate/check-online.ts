/** The tests of `check --online`: whether the configuration works from here. None of them sends a message or makes anything. */
import { buildSinks } from '../../build-sinks.ts';
import type { Config } from '../../config/config.ts';
import type { ConfiguredSink } from '../../deliver/sink.ts';
import { OperatorError } from '../../errors.ts';
import { orAborted, withDeadline } from '../../http/deadline.ts';
import { openLog } from '../../logging/logger.ts';
import { askKey } from '../../poll/findall/ask-run.ts';
import { tryStore } from '../../record/upkeep/try-store.ts';
import { cleanText } from '../../text/clean-text.ts';
import { USER_AGENT } from '../../version.ts';
import type { CommandContext } from '../command-context.ts';

/** What came of one test. */
export interface OnlineTest {
  readonly test: 'API' | 'store' | 'sink';
  /** The name of the sink; null of the others. */
  readonly sink: string | null;
  readonly ok: boolean;
  /** What was found, or the reason and what to do. One line, no secret in it. */
  readonly says: string;
}

type Found = Pick<OnlineTest, 'ok' | 'says'>;

/** How long one test may take, also if its own limits are longer. */
const LIMIT_MS = 15_000;

const LONGEST_TEXT = 500;
const AGAIN = 'then run findall-watch check --online';

/** Makes all tests side by side. Rejects only when the person at the keyboard cut them off. */
export async function testOnline(context: CommandContext, config: Config): Promise<OnlineTest[]> {
  const { clock } = context;
  const log = openLog({ level: 'silent', to: { write: () => {} } });
  await using begun = new AsyncDisposableStack();
  begun.defer(() => log.close(clock));
  const sinks = await buildSinks(config.sinks, { log, clock });
  for (const { sink } of sinks) begun.defer(() => sink.close());
  const limited = (work: (signal: AbortSignal) => Promise<Found>) => within(context, work);
  return await Promise.all([
    limited((signal) => testApi(context, config, signal)).then(named('API')),
    limited((signal) => testStore(config, signal)).then(named('store')),
    ...sinks.map(({ sink }) => limited((signal) => testSink(sink, signal)).then(named('sink', sink.name))),
  ]);
}

function named(test: OnlineTest['test'], sink: string | null = null): (found: Found) => OnlineTest {
  return ({ ok, says }) => ({ test, sink, ok, says: cleanText(says, LONGEST_TEXT) });
}

async function within(
  { clock, interrupted }: CommandContext,
  work: (signal: AbortSignal) => Promise<Found>,
): Promise<Found> {
  return await withDeadline({ ms: LIMIT_MS, clock, signal: interrupted }, async (deadline) => {
    try {
      return await orAborted(work(deadline.signal), deadline.signal);
    } catch (error) {
      deadline.throwIfCancelled();
      if (deadline.isOver()) return failed(`no answer within ${LIMIT_MS / 1000} s`, `fix it, ${AGAIN}`);
      if (error instanceof OperatorError) return failed(error.message, error.hint ?? `fix it, ${AGAIN}`);
      throw error;
    }
  });
}

async function testApi({ clock }: CommandContext, { api }: Config, signal: AbortSignal): Promise<Found> {
  const { key, baseUrl } = api;
  if (key === null) return failed('no API key', `set PARALLEL_API_KEY, ${AGAIN}`);
  const answer = await askKey({ baseUrl, key, userAgent: USER_AGENT, clock }, signal);
  if (answer.kind === 'accepted') return passed(`${new URL(baseUrl).origin} accepts the key`);
  return answer.kind === 'refused'
    ? failed(`the key is refused: ${answer.reason}`, `set PARALLEL_API_KEY to a valid key, ${AGAIN}`)
    : failed(answer.reason, `check the network and PARALLEL_BASE_URL, ${AGAIN}`);
}

async function testStore({ store }: Config, signal: AbortSignal): Promise<Found> {
  return passed(await tryStore(store.path, signal));
}

async function testSink(sink: ConfiguredSink['sink'], signal: AbortSignal): Promise<Found> {
  if (!sink.probe) return passed('there is nothing to test');
  const probe = await sink.probe(signal);
  return probe.kind === 'reached' ? passed(probe.answer) : failed(probe.reason, `fix it, ${AGAIN}`);
}

function passed(says: string): Found {
  return { ok: true, says };
}

function failed(reason: string, next: string): Found {
  return { ok: false, says: `${reason}; ${next}` };
}
