import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { parseRunId } from '../../config/forms/run-id.ts';
import { createSubscriptions } from '../../declaration/subscriptions.ts';
import { isReportedStatus } from '../../diff/diff-snapshots.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { TrackedRun } from '../../model.ts';
import { cleanText } from '../../text/clean-text.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { jsonLine } from '../../text/json-line.ts';
import { traceJson } from './trace-json.ts';
import { traceLines } from './trace-text.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import type { CandidateTrace, EventTrace } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import { findEvent, unknownEvent } from '../arguments/choose-events.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { sinksInForce } from '../arguments/known-sink.ts';
import { layoutFor } from '../output/layout.ts';
import { withStore } from '../with-store.ts';

interface ExplainOptions extends CommonOptions {
  json?: boolean;
}

/** `explain ID`: why an event was delivered, late or not at all. */
export function addExplain(program: Command, context: CommandContext): void {
  withStateOptions(program.command('explain'))
    .summary('show what each sink did with an event or a candidate')
    .description('show for each sink what happened to an event, or to all events of a candidate')
    .argument('<id>', 'id of an event or candidate, or a delivery such as crm/evt_0c6f12ab')
    .option('--json', 'write each event as a line of JSON with all attempts')
    .addHelpText(
      'after',
      example('findall-watch explain evt_0c6f12ab', 'findall-watch explain candidate_a062e3d2'),
    )
    .action((id: string, options: ExplainOptions) =>
      withStore(context, options, (store, config, shared) =>
        explainId(shared, store, config, { id, options }),
      ),
    );
}

async function explainId(
  context: CommandContext,
  store: Store,
  config: Config,
  { id, options: { json = false } }: { id: string; options: ExplainOptions },
): Promise<void> {
  const found = await findEvent(store, id.replace(/^[^/]*\//, ''));
  const show = await createTraceView(context, store, config, json);
  if (found) {
    const trace = await store.traceEvent(found.event.id);
    if (trace) show.event(trace);
    return;
  }
  const runs = await store.traceCandidate(id);
  if (runs.length === 0) throw runInstead(id) ?? unknownEvent(id, 'event or candidate');
  for (const known of runs) {
    show.candidate(known, await store.run(known.findallId));
    for (const eventId of known.eventIds) {
      const trace = await store.traceEvent(eventId);
      if (trace) show.event(trace);
    }
  }
}

interface TraceView {
  event(trace: EventTrace): void;
  candidate(known: CandidateTrace, run: TrackedRun | null): void;
}

async function createTraceView(
  { stdout, env, clock }: CommandContext,
  store: Store,
  config: Config,
  json: boolean,
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
    event(trace) {
      if (json) {
        stdout.write(`${traceJson(trace)}\n`);
        return;
      }
      const wanting = new Set(recipientsOf(trace.event).sinks);
      const sinks = sinksKnown.map(({ name }) => ({ name, wants: wanting.has(name) }));
      write(traceLines(trace, { sinks, backlog, now: clock.now() }, layoutFor(stdout, env)));
    },
    candidate(known, run) {
      if (json) {
        if (known.eventIds.length === 0) stdout.write(jsonLine(candidateJson(known, run)));
        return;
      }
      write(layOut(candidateLines(known, run), layoutFor(stdout, env).width));
    },
  };
}

function candidateLines(
  { findallId, matchStatus, candidate, eventIds }: CandidateTrace,
  run: TrackedRun | null,
): TextLine[] {
  const text = `${describeCandidate(candidate).name}: ${cleanText(matchStatus, 30)} in ${findallId}`;
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

/** The usage error for the id of a run; null for any other text. */
function runInstead(typed: string): OperatorError | null {
  const id = parseRunId(typed);
  if (id === null) return null;
  return new OperatorError(
    EXIT.usage,
    `${id} is the id of a run; explain takes the id of an event or a candidate`,
    {
      hint: `find one with findall-watch events --run ${id} --json (id) or findall-watch show ${id} --json (candidates)`,
    },
  );
}
