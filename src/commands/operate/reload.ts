import { constants } from 'node:os';
import type { Command } from 'commander';
import { EXIT, OperatorError } from '../../errors.ts';
import type { ReloadStatus } from '../../record/declarations.ts';
import { shownPlace } from '../../record/store-place.ts';
import type { Store } from '../../record/store.ts';
import { cleanText } from '../../text/clean-text.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  type Output,
  withStateOptions,
} from '../command-context.ts';
import { withStore } from '../with-store.ts';

/** A daemon looks for a request every 5 s; a database that is away for a while is waited for. */
const ANSWER_MS = 30_000;
/** Between two looks for answers. */
const LOOK_MS = 250;

/** `reload`: asks every daemon on the store, on any host, to read its configuration again, and shows what each says. */
export function addReload(program: Command, context: CommandContext): void {
  withStateOptions(program.command('reload'))
    .summary('have the running daemon reload its configuration')
    .description('have every daemon on the store reload its configuration, and show the answers')
    .addHelpText('after', example('findall-watch reload'))
    .action(async (options: CommonOptions) => {
      await withStore(context, options, async (store, config, shared) => {
        const asked = await store.requestReload(shared.clock.now());
        if (asked.length === 0) throw noDaemon(config.store.path);
        if (context.stderr.isTTY === true) context.stderr.write(`${waitingText(asked)}\n`);
        const outcomes = await answersTo(asked, store, shared);
        const { aborted, reason } = context.interrupted;
        if (aborted) context.exitWith(128 + constants.signals[reason as NodeJS.Signals]);
        else if (!outcomes.every(({ answer }) => answer?.kind === 'reloaded'))
          context.exitWith(EXIT.notReloaded);
      });
    });
}

function noDaemon(place: string): OperatorError {
  return new OperatorError(EXIT.notReloaded, `no daemon is running on ${shownPlace(place)}`, {
    hint: 'start one: findall-watch serve. If the daemon uses another store, name that store with --store',
  });
}

function waitingText(asked: readonly ReloadStatus[]): string {
  const names = asked.map(nameOf).join(', ');
  return `waiting for an answer of ${names}: a daemon looks for requests every 5 s`;
}

/** Shows each answer when it comes; gives the last that is known of each daemon, also of one that did not answer. */
async function answersTo(
  asked: readonly ReloadStatus[],
  store: Pick<Store, 'reloads'>,
  { clock, interrupted, stdout, stderr }: CommandContext,
): Promise<ReloadStatus[]> {
  const outcomes: ReloadStatus[] = [];
  let waiting = asked;
  for (const startedAt = clock.elapsed(); ; await clock.sleep(LOOK_MS, interrupted)) {
    const now = await store.reloads(clock.now());
    const isLate = clock.elapsed() - startedAt >= ANSWER_MS;
    const left: ReloadStatus[] = [];
    for (const request of waiting) {
      const daemon = now.find(({ daemon: { owner } }) => owner === request.daemon.owner);
      const isAnswered = daemon !== undefined && daemon.answered >= request.asked;
      if (!isAnswered && daemon !== undefined && !isLate) left.push(request);
      else {
        const outcome = isAnswered ? daemon : { ...request, answer: null };
        outcomes.push(outcome);
        show(outcome, daemon === undefined ? 'stopped' : 'silent', { stdout, stderr });
      }
    }
    waiting = left;
    if (waiting.length === 0 || interrupted.aborted) return outcomes;
  }
}

function show(
  outcome: ReloadStatus,
  otherwise: 'stopped' | 'silent',
  { stdout, stderr }: { stdout: Output; stderr: Output },
): void {
  const name = nameOf(outcome);
  const { answer } = outcome;
  if (answer?.kind === 'reloaded') {
    const file = answer.file === null ? 'without a file' : `from ${cleanText(answer.file)}`;
    const changed = answer.changed.length === 0 ? 'nothing changed' : `changed: ${listed(answer.changed)}`;
    const later = answer.afterRestart.length === 0 ? '' : `; needs a restart: ${listed(answer.afterRestart)}`;
    stdout.write(`${name}: configuration reloaded ${file}; ${changed}${later}\n`);
  } else if (answer !== null) {
    const problem = answer.problem.split('\n').map((line) => `  ${cleanText(line)}\n`);
    stderr.write(`findall-watch: ${name}: reload rejected, the current configuration stays in force\n`);
    stderr.write(problem.join(''));
  } else if (otherwise === 'stopped') {
    stderr.write(
      `findall-watch: ${name}: stopped before it answered; the next start reads the configuration\n`,
    );
  } else {
    stderr.write(
      `findall-watch: ${name}: no answer within ${ANSWER_MS / 1000} s\n` +
        `  see its log; it is version ${cleanText(outcome.daemon.version, 40)}, and one that does not know this command reloads on SIGHUP\n`,
    );
  }
}

function listed(settings: readonly string[]): string {
  return settings.map((each) => cleanText(each, 100)).join(', ');
}

function nameOf({ daemon: { host, owner } }: ReloadStatus): string {
  return `${cleanText(host, 64)} (${cleanText(owner, 64)})`;
}
