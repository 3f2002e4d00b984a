import { keyFingerprint } from '../app.ts';
import { declarationOf } from '../config/declaration-of.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Logger } from '../logging/logger.ts';
import type { OwnDeclaration } from '../presence.ts';
import type { Declared } from '../record/declarations.ts';
import type { Store } from '../record/store.ts';
import { reportUndeclared } from '../record/declared/undeclared.ts';
import { requireKey } from './command-context.ts';

/** What this configuration declares. Throws OperatorError when there is no key. */
export function ownDeclaration(settings: LoadedConfig): OwnDeclaration {
  return {
    next: declarationOf(settings),
    keyFingerprint: keyFingerprint(requireKey(settings.config.api.key)),
  };
}

/** Makes what logs what follows from each declaration: runs that are untracked, events and deliveries that nobody gets. */
export function createDeclarationReporter(
  store: Pick<Store, 'backlog'>,
  logger: Logger,
): (declared: Declared) => void {
  return (declared) => {
    for (const findallId of declared.kind === 'held' ? [] : declared.untracked) {
      logger.info({ findall_id: findallId }, 'run taken out of the configuration: untracked');
    }
    if (declared.kind === 'declared' && declared.withoutDelivery > 0) {
      logger.warn(
        { events: declared.withoutDelivery, todo: `to deliver them: ${replayCommand('NAME')}` },
        'first declaration on this store: events recorded before it are queued for no sink',
      );
    }
    void reportUndeclared(store, logger);
  };
}

/** The command that queues for a sink what was recorded before it was declared. */
export function replayCommand(sink: string): string {
  return `findall-watch replay --sink ${sink}`;
}
