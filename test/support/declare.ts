import { keyFingerprint } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { declarationOf } from '../../src/config/declaration-of.ts';
import type { InForce } from '../../src/declaration/declaration.ts';
import { createInForce } from '../../src/declaration/in-force.ts';
import { shownAs } from '../../src/presence.ts';
import type { Store } from '../../src/record/store.ts';

/** Declares a configuration as a start of `serve` does; gives what a watcher decides by. */
export async function declareConfig(
  store: Pick<Store, 'declare'>,
  config: Config,
  { owner, clock }: { owner: string; clock: Pick<Clock, 'now'> },
): Promise<InForce> {
  const next = declarationOf({ config, file: null });
  const fingerprint = keyFingerprint(config.api.key ?? '');
  const presence = { ...shownAs(owner, clock, 'daemon'), generation: next.generation };
  await store.declare({ presence, next, keyFingerprint: fingerprint, when: 'always' }, clock.now());
  return createInForce(next, { undeclared: config.poll });
}
