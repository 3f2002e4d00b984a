import { keyFingerprint } from '../app.ts';
import { declarationOf } from '../config/declaration-of.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Logger } from '../logger.ts';
import type { OwnDeclaration, PresenceKeeper } from '../presence.ts';
import type { Declared } from '../record/declarations.ts';
import { requireKey } from './command-context.ts';

/** What this configuration declares. Throws OperatorError when there is no key. */
export function ownDeclaration(settings: LoadedConfig): OwnDeclaration {
  return {
    next: declarationOf(settings),
    keyFingerprint: keyFingerprint(requireKey(settings.config.api.key)),
  };
}

/** Declares a configuration, in one transaction, and logs what follows from it. */
export async function declareConfiguration(
  settings: LoadedConfig,
  when: 'always' | 'unless-held',
  { presence, logger }: { presence: PresenceKeeper; logger: Logger },
): Promise<void> {
  const declared = await presence.declare(ownDeclaration(settings), when);
  if (declared.kind === 'held') return;
  for (const findallId of declared.untracked) {
    logger.info({ findall_id: findallId }, 'run taken out of the configuration: untracked');
  }
  reportFirst(declared, settings, logger);
}

function reportFirst(declared: Declared, { config }: LoadedConfig, logger: Logger): void {
  if (declared.kind !== 'declared' || declared.withoutDelivery === 0) return;
  const commands = config.sinks.map(({ name }) => replayCommand(name));
  logger.warn(
    { events: declared.withoutDelivery, todo: `to deliver them: ${commands.join(', ')}` },
    'first declaration on this store: events recorded before it are queued for no sink',
  );
}

/** The command that queues for a sink what was recorded before it was declared. */
export function replayCommand(sink: string): string {
  return `findall-watch replay --sink ${sink}`;
}
