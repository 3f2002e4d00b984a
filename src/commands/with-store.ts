import type { Config } from '../config/config.ts';
import { openStore } from '../record/open-store.ts';
import type { Store } from '../record/store.ts';
import { type CommandContext, type CommonOptions, settingsOf } from './command-context.ts';
import { newId } from './new-id.ts';

/**
 * Runs a command that claims nothing on the store of its configuration, whether a daemon is on it or not. It gets the context
 * with the clock of the store: due times are by the clock of all who share it, not by this machine's.
 */
export async function withStore(
  context: CommandContext,
  options: CommonOptions,
  use: (store: Store, config: Config, shared: CommandContext) => Promise<void>,
): Promise<void> {
  const { config } = settingsOf(context, options);
  const { clock, random } = context;
  const store = await openStore(config.store.path, newId, { ...config.store, clock, random });
  try {
    await use(store, config, { ...context, clock: store.clock });
  } finally {
    await store.close();
  }
}
