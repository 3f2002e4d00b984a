import type { RunEvent } from '../../run-event.ts';
import type { Store } from '../../record/store.ts';
import { createRunNames, sharedStart } from '../../sinks/kit/run-names.ts';

/**
 * Names for the runs of events, see `createRunNames`. Each run is looked up once, when its first event is shown: whether another one
 * begins like it.
 */
export function createNameLookUp(
  store: Pick<Store, 'runIds'>,
): (event: Pick<RunEvent, 'findall_id' | 'label'>) => Promise<string> {
  const names = new Map<string, ReturnType<typeof createRunNames>>();
  const ofNoRun = createRunNames([]);
  return async ({ findall_id: id, label }) => {
    if (id === null) return ofNoRun(id, label);
    const known = names.get(id) ?? createRunNames(await alike(store, id));
    names.set(id, known);
    return known(id, label);
  };
}

/** A run and another one that begins like it, if there is one. */
async function alike(store: Pick<Store, 'runIds'>, id: string): Promise<string[]> {
  const others = await store.runIds({ idStart: sharedStart(id), limit: 2 });
  return [id, ...others];
}
