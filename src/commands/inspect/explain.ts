import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { parseRunId } from '../../config/forms/run-id.ts';
import { createSubscriptions } from '../../declaration/subscriptions.ts';
import { isReportedStatus } from '../../diff/diff-snapshots.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { TrackedRun } from '../../model.ts';
import { cleanText } from '../../text/clean-text.ts';
import { quote } from '../../text/quote.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { jsonLine } from '../../text/json-line.ts';
import { traceJson } from './trace-json.ts';
import { traceLines } from './trace-text.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import type { CandidateTrace, EventTrace } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import { findEvent } from '../arguments/choose-events.ts';
import { candidatesNamed, nearestCandidate } from '../arguments/find-candidate.ts';
import { knownRun } from '../arguments/find-run.ts';
import { runsMeant } from '../arguments/name-meaning.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { knownSink, sinksInForce } from '../arguments/known-sink.ts';
import { layoutFor } from '../output/layout.ts';
import { createShortIds, runTitle } from '../output/run-name.ts';
import { withStore } from '../with-store.ts';

interface ExplainOptions extends CommonOptions {
  run?: string;
  sink?: string;
  json?: boolean;
}

/** Runs of one candidate that are shown to people, the last tracked first. */
const SHOWN = 5;

/** `explain WHAT`: why an event was delivered, late or not at all. */
export function addExplain(program: Command, context: CommandContext): void {
  withStateOptions(program.command('explain'))
    .summary('show what each sink did with a candidate or an event')
    .description('show for each sink what happened to an event, or to all events of a candidate')
    .argument(
      '<candidate...>',
      'name, host or id of a candidate; id of an event, or a delivery such as crm/evt_0c6f12ab',
    )
    .option('--run <run>', 'only the candidate of this run: label, id or first words of the objective')
    .option('--sink <name>', 'only what this sink did')
    .option('--json', 'write each event as a line of JSON with all attempts')
    .addHelpText(
      'after',
      example('findall-watch explain "Second Spring" --run week-47', 'findall-watch explain evt_0c6f12ab'),
    )
    .action((words: string[], options: ExplainOptions) =>
      withStore(context, options, (store, config, shared) =>
        explain(shared, store, config, { what: words.join(' '), options }),
      ),
    );
}

async function explain(
  context: CommandContext,
  store: Store,
  config: Config,
  { what, options: { run, sink, json = false } }: { what: string; options: ExplainOptions },
): Promise<void> {
  const found = await findEvent(store, what.replace(/^[^/]*\//, ''));
  if (sink !== undefined) await knownSink(store, config, sink);
  const show = await createTraceView(context, store, config, { json, sink });
  if (found) {
    const trace = await store.traceEvent(found.event.id);
    if (trace) show.event(trace);
    return;
  }
  const findallId = run === undefined ? undefined : (await knownRun(store, run)).findallId;
  const traces = await tracesOf(store, what, findallId);
  if (traces.length === 0) throw await nothingNamed(store, what);
  const shown = json ? traces : traces.slice(0, SHOWN);
  for (const known of shown) {
    show.candidate(known, await store.run(known.findallId));
    for (const eventId of known.eventIds) {
      const trace = await store.traceEvent(eventId);
      if (trace) show.event(trace);
    }
  }
  if (shown.length < traces.length) show.more(traces.length - shown.length);
}

/** The candidate of this id, or all that are called so; the run that was tracked last first. */
async function tracesOf(store: Store, what: string, findallId?: string): Promise<CandidateTrace[]> {
  const byId = await store.traceCandidate(what);
  const traces = byId.length > 0 ? byId : await tracesNamed(store, what, findallId);
  const inOrder = new Map((await store.runNames()).map((run, place) => [run.findallId, place]));
  return traces
    .filter((each) => findallId === undefined || each.findallId === findallId)
    .toSorted((a, b) => (inOrder.get(a.findallId) ?? 0) - (inOrder.get(b.findallId) ?? 0));
}

/** Runs that know a candidate by another name are not among them. */
async function tracesNamed(store: Store, what: string, findallId?: string): Promise<CandidateTrace[]> {
  const named = await candidatesNamed(store, what, findallId);
  const placeOf = (each: Pick<CandidateTrace, 'findallId' | 'candidate'>) =>
    `${each.findallId} ${each.candidate.candidate_id}`;
  const wanted = new Set(named.map(placeOf));
  const traces: CandidateTrace[] = [];
  for (const id of new Set(named.map(({ candidate }) => candidate.candidate_id)))
    traces.push(...(await store.traceCandidate(id)));
  return traces.filter((each) => wanted.has(placeOf(each)));
}

/** The usage error for a text that names neither an event nor a candidate. */
async function nothingNamed(store: Store, what: string): Promise<OperatorError> {
  const id = parseRunId(what);
  const [run] = runsMeant(id ?? what, await store.runNames());
  const findallId = run?.findallId ?? id;
  if (findallId !== null) {
    return new OperatorError(
      EXIT.usage,
      `${quote(cleanText(what, 120))} is a run; explain takes a candidate or an event`,
      {
        hint: `its candidates: findall-watch show ${findallId}; its events: findall-watch events --run ${findallId}`,
      },
    );
  }
  const near = await nearestCandidate(store, what);
  const meant = near === undefined ? '' : `did you mean ${quote(near)}? `;
  return new OperatorError(
    EXIT.usage,
    `no candidate is called ${quote(cleanText(what, 120))}, and no event or candidate has this id`,
    {
      hint: `${meant}The candidates of a run: findall-watch show RUN; its events: findall-watch events --run RUN`,
    },
  );
}

interface TraceView {
  event(trace: EventTrace): void;
  candidate(known: CandidateTrace, run: TrackedRun | null): void;
  /** Says that other runs have it too. */
  more(runs: number): void;
}

async function createTraceView(
  { stdout, env, clock }: CommandContext,
  store: Store,
  config: Config,
  { json, sink }: { json: boolean; sink: string | undefined },
): Promise<TraceView> {
  const backlog = await store.backlog();
  const inForce = await sinksInForce(store, config);
  const others = config.sinks.filter(({ name }) => !inForce.some((each) => each.name === name));
  const sinksKnown = [...inForce, ...others];
  const recipientsOf = createSubscriptions(sinksKnown);
  let shown = 0;
  const write = (lines: readonly string[]) => {
    stdout.write(`${shown++ === 0 ? '' : '\n'}${lines.join('\n')}\n`);
  };
  return {
    event(whole) {
      const trace = sink === undefined ? whole : ofSink(whole, sink);
      if (json) {
        stdout.write(`${traceJson(trace)}\n`);
        return;
      }
      const wanting = new Set(recipientsOf(trace.event).sinks);
      const sinks = sinksKnown
        .filter(({ name }) => name === (sink ?? name))
        .map(({ name }) => ({ name, wants: wanting.has(name) }));
      write(traceLines(trace, { sinks, backlog, now: clock.now() }, layoutFor(stdout, env)));
    },
    candidate(known, run) {
      if (json) {
        if (known.eventIds.length === 0) stdout.write(jsonLine(candidateJson(known, run)));
        return;
      }
      write(layOut(candidateLines(known, run), layoutFor(stdout, env).width));
    },
    more(runs) {
      const text = `… and in ${runs === 1 ? '1 more run' : `${runs} more runs`}, tracked before: --run RUN shows one, --json shows all`;
      write(layOut([{ text, indent: 0 }], layoutFor(stdout, env).width));
    },
  };
}

/** What one sink did with the event. */
function ofSink(trace: EventTrace, sink: string): EventTrace {
  return {
    ...trace,
    skipped: trace.skipped.filter((each) => each.sink === sink),
    deliveries: trace.deliveries.filter(({ delivery }) => delivery.sink === sink),
  };
}

function candidateLines(
  { findallId, matchStatus, candidate, eventIds }: CandidateTrace,
  run: TrackedRun | null,
): TextLine[] {
  const { label = null, schema = null } = run ?? {};
  const named = { findallId, label, objective: schema?.objective ?? null };
  const text = `${describeCandidate(candidate).name}: ${cleanText(matchStatus, 30)} in ${runTitle(named, createShortIds([findallId]))}`;
  const why = eventIds.length > 0 ? [] : whyNoEvent(matchStatus, run);
  return [{ text, indent: 0, hang: 4 }, ...why.map((each) => ({ text: each, indent: 2, hang: 4 }))];
}

/** Why nothing is recorded about a candidate, as far as what is known says. */
function whyNoEvent(matchStatus: string, run: TrackedRun | null): string[] {
  const reasons = ['no event about it is recorded'];
  if (!isReportedStatus(matchStatus))
    reasons.push('its match status is unknown to this version, which announces nothing of it');
  else if (matchStatus !== 'matched') reasons.push('as far as was seen it never became a match');
  if (run?.baseline === 'silent') {
    reasons.push(
      'the run was tracked with baseline silent: candidates of the first snapshot are not announced',
    );
  }
  return reasons;
}

function candidateJson({ findallId, matchStatus }: CandidateTrace, run: TrackedRun | null) {
  return { event: null, findall_id: findallId, match_status: matchStatus, baseline: run?.baseline ?? null };
}
