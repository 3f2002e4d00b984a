import { type Generation, type InForce, NO_GENERATION, type PollTiming, type Rules } from './declaration.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface InForceOptions {
  /** How runs are polled while nothing is declared. Then events are recorded and queued for no sink. */
  undeclared: PollTiming;
}

/** Makes what a process decides by, from what it has read of the store. */
export function createInForce(initial: Generation | null, { undeclared }: InForceOptions): InForce {
  let rules = rulesOf(initial, undeclared);
  return {
    rules: () => rules,
    take(inForce) {
      if ((inForce?.generation ?? NO_GENERATION) === rules.generation) return;
      rules = rulesOf(inForce, undeclared);
    },
  };
}

function rulesOf(inForce: Generation | null, undeclared: PollTiming): Rules {
  if (inForce === null)
    return { ...undeclared, generation: NO_GENERATION, recipientsOf: createSubscriptions([]) };
  const { generation, declaration } = inForce;
  // A version that does not know a setting leaves it out of what it declares.
  return {
    ...undeclared,
    ...declaration.poll,
    generation,
    recipientsOf: createSubscriptions(declaration.sinks),
  };
}
