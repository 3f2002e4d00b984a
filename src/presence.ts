/**
 * A daemon among others on one store: shows that it is alive, declares its configuration, follows what others declare, and
 * says which of its sinks it does not deliver to.
 *
 * A start declares, unless its configuration was superseded and a living daemon holds the one in force: then it works by that
 * one, and declares when no such daemon is left. So a restart with an old file changes nothing for the others, and a rollback
 * works.
 */
import type { Clock } from './clock.ts';
import type { Declaration, Generation, InForce } from './declaration.ts';
import { OperatorError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Declared, LivingProcess, Presence } from './record/declarations.ts';
import type { Store } from './record/store.ts';

/** What a configuration declares, and the key that it polls with. */
export interface OwnDeclaration {
  next: Generation;
  keyFingerprint: string;
}

export interface PresenceOptions {
  store: Pick<Store, 'beat' | 'declare' | 'inForce'>;
  inForce: InForce;
  presence: Omit<Presence, 'generation'>;
  clock: Clock;
  logger: Logger;
}

export interface PresenceKeeper {
  /** Declares as this process's own configuration. Rejects when the store fails: nothing has changed then. */
  declare(own: OwnDeclaration, when: 'always' | 'unless-held'): Promise<Declared>;
  /** Shows that the process is alive, and follows what others have declared. Nothing before the first declaration. */
  beat(): Promise<void>;
  /** Does that every few seconds. */
  start(): void;
  stop(): Promise<void>;
  /** Own sinks that are declared with other settings or not at all: this process does not deliver to them. */
  sinksLeftToOthers(): string[];
}

/** A third of the time after which a process counts as dead. */
const BEAT_MS = 5000;

/** Nothing happens before `declare`. */
export function createPresence({ store, inForce, presence, clock, logger }: PresenceOptions): PresenceKeeper {
  const stopping = new AbortController();
  let own: OwnDeclaration | null = null;
  let current: Generation | null = null;
  let running: Promise<void> | undefined;

  function take(next: Generation | null): void {
    const isNew = next?.generation !== current?.generation;
    current = next;
    inForce.take(next);
    if (isNew) reportDifferences();
  }

  function leftToOthers(): string[] {
    return own === null ? [] : sinksThatDiffer(own.next.declaration, current?.declaration ?? null);
  }

  function reportDifferences(): void {
    const sinks = leftToOthers();
    if (sinks.length > 0) {
      const todo =
        'give every daemon on this store the same configuration, or send SIGHUP to declare this one';
      logger.warn(
        { sinks, todo },
        'sinks declared with other settings: this daemon does not deliver to them',
      );
    }
  }

  function reportHeld({ generation }: Generation, by: LivingProcess): void {
    logger.warn(
      {
        ...{ own: own?.next.generation, in_force: generation, holder: by.owner, host: by.host },
        todo: 'update this configuration, or send SIGHUP to declare it',
      },
      'configuration superseded: this daemon works by the one that another daemon declared',
    );
  }

  async function declare(next: OwnDeclaration, when: 'always' | 'unless-held'): Promise<Declared> {
    const before = own;
    own = next;
    try {
      await store.beat({ ...presence, generation: next.next.generation }, clock.now());
      const declared = await store.declare({ owner: presence.owner, ...next, when }, clock.now());
      if (declared.kind === 'held') reportHeld(declared.inForce, declared.holder);
      take(declared.kind === 'held' ? declared.inForce : next.next);
      return declared;
    } catch (error) {
      own = before;
      throw error;
    }
  }

  /** Another declaration may be in force since the last look, or nobody may hold it any more. */
  async function beat(): Promise<void> {
    if (own === null) return;
    const mine = own;
    const { next } = mine;
    const seen = await store.beat({ ...presence, generation: next.generation }, clock.now());
    const isAbandoned = seen.generation !== next.generation && seen.holder === null;
    if (isAbandoned && presence.role === 'daemon') {
      const declared = await declare(mine, 'unless-held');
      if (declared.kind === 'declared') {
        logger.warn(
          { generation: next.generation },
          'configuration declared: no daemon with the one in force is left',
        );
      }
    } else if (seen.generation !== (current?.generation ?? '')) {
      take(await store.inForce());
      logger.warn(
        {
          own: next.generation,
          in_force: seen.generation,
          holder: seen.holder?.owner,
          host: seen.holder?.host,
        },
        'another daemon declared its configuration: this daemon works by that one',
      );
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      await clock.sleep(BEAT_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await beat();
      } catch (error) {
        // A store that fails is reported by those who need it.
        logger[error instanceof OperatorError ? 'debug' : 'warn']({ err: error }, 'presence not written');
      }
    }
  }

  return {
    declare,
    beat,
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    sinksLeftToOthers: leftToOthers,
  };
}

/** Names of the sinks of `own` that are not in `inForce` with the same settings. */
function sinksThatDiffer(own: Declaration, inForce: Declaration | null): string[] {
  const declared = new Map(inForce?.sinks.map(({ name, settings }) => [name, settings]));
  return own.sinks.filter(({ name, settings }) => declared.get(name) !== settings).map(({ name }) => name);
}
