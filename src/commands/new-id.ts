import { randomUUID } from 'node:crypto';

/** A token that never repeats, for leases. */
export function newId(): string {
  return randomUUID();
}
