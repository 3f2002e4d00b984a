import type { Fault, FaultRule, TargetedFault } from './fault.ts';
import type { Random } from '../seeded-random.ts';

/** Which faults are in force. A run's own faults come before those of `*`. */
export interface FaultBoard {
  /** Replaces the faults of `target` (a findall_id or `*`); null clears them. */
  set(target: string, faults: FaultRule | readonly FaultRule[] | null): void;
  /** Adds one fault to those of its target. */
  add(targeted: TargetedFault): void;
  /** The fault for the next answer about a run: the first that its chance lets through. Counts `times` down. */
  take(findallId: string): Fault | null;
  list(): TargetedFault[];
}

/** An empty board; `random` decides about faults with a probability. */
export function createFaultBoard(random: Random): FaultBoard {
  const rules = new Map<string, FaultRule[]>();
  const takeFrom = (target: string): Fault | null => {
    const ofTarget = rules.get(target) ?? [];
    for (const rule of ofTarget) {
      if (!random.chance(rule.probability ?? 1)) continue;
      if (rule.times !== undefined) rule.times -= 1;
      if (rule.times !== undefined && rule.times <= 0) ofTarget.splice(ofTarget.indexOf(rule), 1);
      return rule;
    }
    return null;
  };
  return {
    set(target, faults) {
      if (faults === null) rules.delete(target);
      else
        rules.set(
          target,
          (isList(faults) ? faults : [faults]).map((fault) => structuredClone(fault)),
        );
    },
    add({ target, fault }) {
      rules.set(target, [...(rules.get(target) ?? []), { ...fault }]);
    },
    take: (findallId) => takeFrom(findallId) ?? takeFrom('*'),
    list: () =>
      [...rules].flatMap(([target, ofTarget]) =>
        ofTarget.map((fault) => ({ target, fault: structuredClone(fault) })),
      ),
  };
}

function isList(faults: FaultRule | readonly FaultRule[]): faults is readonly FaultRule[] {
  return Array.isArray(faults);
}
