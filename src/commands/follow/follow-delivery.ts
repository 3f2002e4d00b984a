/** What happens to what a follow records: who delivers it, and what the first line says about that. */
import { keyFingerprint } from '../../app.ts';
import { declarationOf } from '../../config/declaration-of.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { Clock } from '../../clock.ts';
import type { InForce } from '../../declaration/declaration.ts';
import type { Logger } from '../../logging/logger.ts';
import { cleanText } from '../../text/clean-text.ts';
import { createPresence, type PresenceKeeper, shownAs } from '../../presence.ts';
import type { LivingProcess } from '../../record/declarations.ts';
import type { Store } from '../../record/store.ts';
import { createDeclarationReporter, replayCommand } from '../declare-configuration.ts';
import { deliverableSinks } from './follow-closing.ts';

export interface FollowDelivery {
  /** Shows that this process delivers; null when it only shows what is recorded. */
  presence: PresenceKeeper | null;
  /** What the first line says, and a command that goes with it. */
  note: string;
  command: string | null;
}

export interface FollowDeliveryDeps {
  store: Store;
  inForce: InForce;
  owner: string;
  key: string;
  clock: Clock;
  logger: Logger;
}

/** Decides who delivers. With `deliver` and no living daemon this follow declares its configuration and delivers. */
export async function arrangeDelivery(
  settings: LoadedConfig,
  deliver: boolean,
  deps: FollowDeliveryDeps,
): Promise<FollowDelivery> {
  const { store, owner, clock } = deps;
  const others = (await store.livingProcesses(clock.now())).filter((each) => each.owner !== owner);
  const inForceNow = await store.inForce();
  const daemons = others.filter(({ role }) => role === 'daemon');
  const daemon =
    daemons.find(({ generation }) => generation === inForceNow?.generation) ?? daemons[0] ?? others[0];
  if (deliver && daemon === undefined) return await deliverHere(settings, deps);
  const names = inForceNow?.declaration.sinks.map(({ name }) => name) ?? null;
  const canDeliver = deliverableSinks(settings.config).length > 0;
  return { presence: null, note: shownOnly(names, daemon, { asked: deliver, canDeliver }), command: null };
}

async function deliverHere(
  settings: LoadedConfig,
  { store, inForce, owner, key, clock, logger }: FollowDeliveryDeps,
): Promise<FollowDelivery> {
  const presence = createPresence({
    ...{ store, inForce, clock, logger },
    presence: shownAs(owner, clock, 'follow'),
    onDeclared: createDeclarationReporter(store, logger),
  });
  const own = { next: declarationOf(settings), keyFingerprint: keyFingerprint(key) };
  const declared = await presence.declare(own, 'unless-held');
  if (declared.kind === 'held') {
    const names = declared.inForce.declaration.sinks.map(({ name }) => name);
    return {
      presence: null,
      note: shownOnly(names, declared.holder, { asked: true, canDeliver: true }),
      command: null,
    };
  }
  const names = deliverableSinks(settings.config).map(({ name }) => name);
  const [first] = names;
  const delivers =
    first === undefined ? 'no sink but the log is configured' : `this follow delivers to ${listed(names)}`;
  if (declared.kind !== 'declared' || declared.withoutDelivery === 0 || first === undefined) {
    return { presence, note: delivers, command: null };
  }
  const { withoutDelivery: count } = declared;
  const note = `${delivers}; ${count} ${count === 1 ? 'event' : 'events'} recorded before it had sinks ${count === 1 ? 'is' : 'are'} queued for none. To deliver them:`;
  return { presence, note, command: names.map(replayCommand).join(' && ') };
}

function shownOnly(
  names: readonly string[] | null,
  daemon: LivingProcess | undefined,
  { asked, canDeliver }: { asked: boolean; canDeliver: boolean },
): string {
  if (names === null) {
    return `no sink is declared on this store: matches are recorded and not delivered${canDeliver ? ' (--deliver delivers them to your sinks)' : ''}`;
  }
  const recording =
    names.length === 0 ? 'recording only: no sinks are declared' : `recording for ${listed(names)}`;
  if (daemon === undefined)
    return `${recording}; no daemon is running to deliver${canDeliver ? ' (--deliver does)' : ''}`;
  const who = daemon.role === 'daemon' ? 'the daemon' : 'another follow';
  const where = `${who} on ${cleanText(daemon.host, 64)}`;
  return asked
    ? `${where} delivers; this follow only shows what is recorded`
    : `${recording}; ${where} delivers`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => cleanText(name, 64)).join(', ');
}
