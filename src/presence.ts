/**
 * A process among others on one store: shows that it is alive, declares its configuration, follows what others declare, and
 * says which of its sinks it does not deliver to.
 *
 * A start declares, unless its configuration was superseded and a living daemon holds the one in force: then it works by that
 * one, and declares when no such daemon has been seen for some beats. So neither a restart nor a store that was away for a while
 * brings an old configuration back, and a rollback works.
 */
import { hostname } from 'node:os';
import type { Clock } from './clock.ts';
import { type Generation, type InForce, NO_GENERATION } from './declaration/declaration.ts';
import { every, type Periodic } from './every.ts';
import type { Logger } from './logging/logger.ts';
import type {
  Declared,
  DeclareRequest,
  LivingProcess,
  Presence,
  ReloadAnswer,
} from './record/declarations.ts';
import { asStateFailure } from './record/upkeep/state-failure.ts';
import type { Store } from './record/store.ts';
import { VERSION } from './version.ts';

/** What a configuration declares, and the key that it polls with. */
export interface OwnDeclaration {
  next: Generation;
  keyFingerprint: string;
}

export interface PresenceOptions {
  store: Pick<Store, 'beat' | 'declare' | 'inForce' | 'answerReload'>;
  inForce: InForce;
  presence: Omit<Presence, 'generation'>;
  clock: Clock;
  logger: Logger;
  /** Called with what became of each declaration of this process, also of one that it made because nobody else was left. */
  onDeclared(declared: Declared): void;
  /** Called once for each reload that the process is asked for over the store. */
  onReloadRequest?(): void;
}

/** Beats every few seconds between start and stop. */
export interface PresenceKeeper extends Periodic {
  /** Declares as this process's own configuration. Rejects when the store fails: nothing has changed then. */
  declare(own: OwnDeclaration, when: 'always' | 'unless-held'): Promise<Declared>;
  /** Shows that the process is alive, and follows what others have declared. Nothing before the first declaration. */
  beat(): Promise<void>;
  /** Own sinks that are declared with other settings or not at all: this process does not deliver to them. */
  sinksLeftToOthers(): string[];
  /** Number of the latest reload that the process was asked for over the store; 0: it was asked for none. */
  reloadRequest(): number;
  /** Writes the answer to that request, and those before it, unless it has one. */
  answerReload(request: number, answer: ReloadAnswer): Promise<void>;
}

/** A third of the time after which a process counts as dead. */
const BEAT_MS = 5000;
/**
 * Beats in a row that see nobody who holds the declaration in force before this process declares its own: a daemon may be
 * restarting, and after a suspend or an outage of the store the first beats of the others are still to come.
 */
const BEATS_ALONE = 3;

/** How a process shows the others on its store that it is alive. */
export function shownAs(
  owner: string,
  clock: Pick<Clock, 'now'>,
  role: Presence['role'],
): Omit<Presence, 'generation'> {
  return { owner, role, host: hostname(), version: VERSION, startedAt: clock.now() };
}

/** Nothing happens before `declare`. */
export function createPresence(options: PresenceOptions): PresenceKeeper {
  const { store, inForce, presence, clock, logger } = options;
  const inTurn = createTurns();
  let own: OwnDeclaration | null = null;
  let current: Generation | null = null;
  let beatsAlone = 0;
  const { see: seeReload, ...reloads } = createReloadAnswers(options);

  const sinksLeftToOthers = () => sinksThatDiffer(own, current);

  function take(next: Generation | null): void {
    const isNew = next?.generation !== current?.generation;
    current = next;
    inForce.take(next);
    if (isNew) reportLeft(sinksLeftToOthers(), logger);
  }

  async function declare(next: OwnDeclaration, when: DeclareRequest['when']): Promise<Declared> {
    const { generation } = next.next;
    const request = { ...next, presence: { ...presence, generation }, when };
    const declared = await store.declare(request, clock.now());
    own = next;
    beatsAlone = 0;
    if (declared.kind === 'held') reportHeld(generation, declared, logger);
    take(declared.kind === 'held' ? declared.inForce : next.next);
    options.onDeclared(declared);
    return declared;
  }

  async function beat(): Promise<void> {
    if (own === null) return;
    const { generation } = own.next;
    const alone = beatsAlone + 1;
    // A beat that fails says nothing about the others.
    beatsAlone = 0;
    const seen = await store.beat({ ...presence, generation }, clock.now());
    seeReload(seen.reload);
    const isAlone = seen.generation !== generation && seen.holder === null;
    if (isAlone && presence.role === 'daemon') beatsAlone = alone;
    if (beatsAlone >= BEATS_ALONE) {
      const { kind } = await declare(own, 'abandoned');
      if (kind === 'declared')
        logger.warn({ generation }, 'configuration declared: no daemon with the one in force is left');
    } else if (seen.generation !== (current?.generation ?? NO_GENERATION)) {
      take(await store.inForce());
      reportOther(generation, seen, logger);
    }
  }

  return {
    declare: (next, when) => inTurn(() => declare(next, when)),
    beat: () => inTurn(beat),
    ...every({ ms: BEAT_MS, firstMs: BEAT_MS, clock, onFailure: reporterOf(logger) }, () => inTurn(beat)),
    ...{ sinksLeftToOthers, ...reloads },
  };
}

/** Which reloads the process was asked for, and whether they are answered. */
function createReloadAnswers({
  store,
  presence,
  onReloadRequest,
}: Pick<PresenceOptions, 'store' | 'presence' | 'onReloadRequest'>) {
  let latest = 0;
  let answered = 0;
  return {
    see(request: number): void {
      if (request <= latest) return;
      latest = request;
      onReloadRequest?.();
    },
    reloadRequest: () => latest,
    async answerReload(request: number, answer: ReloadAnswer): Promise<void> {
      if (request <= answered) return;
      await store.answerReload(presence.owner, request, answer);
      answered = request;
    },
  };
}

/** Runs what it is given one after the other: a beat must not see half of a declaration. */
function createTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act, act);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Logs beats that fail. A store that fails is reported once, by those who need it. */
function reporterOf(logger: Logger): (error: unknown) => void {
  return (error) =>
    logger[asStateFailure(error) === undefined ? 'error' : 'debug']({ err: error }, 'presence not written');
}

function reportHeld(
  generation: string,
  { inForce, holder }: Extract<Declared, { kind: 'held' }>,
  logger: Logger,
): void {
  logger.warn(
    {
      ...{ own: generation, in_force: inForce.generation, holder: holder.owner, host: holder.host },
      todo: 'update this configuration, or send SIGHUP to declare it',
    },
    'configuration superseded: this daemon works by the one that another daemon declared',
  );
}

function reportOther(
  own: string,
  { generation, holder }: { generation: string; holder: LivingProcess | null },
  logger: Logger,
): void {
  logger.warn(
    { own, in_force: generation, holder: holder?.owner, host: holder?.host },
    'another process declared its configuration: this one works by that',
  );
}

function reportLeft(sinks: readonly string[], logger: Logger): void {
  if (sinks.length === 0) return;
  const todo = 'give every daemon on this store the same configuration, or send SIGHUP to declare this one';
  logger.warn({ sinks, todo }, 'sinks declared with other settings: this process does not deliver to them');
}

/** Names of the sinks of `own` that are not in `inForce` with the same settings. */
function sinksThatDiffer(own: OwnDeclaration | null, inForce: Generation | null): string[] {
  const declared = new Map(inForce?.declaration.sinks.map(({ name, settings }) => [name, settings]));
  const sinks = own?.next.declaration.sinks ?? [];
  return sinks.filter(({ name, settings }) => declared.get(name) !== settings).map(({ name }) => name);
}
