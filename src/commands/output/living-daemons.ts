import { cleanText } from '../../text/clean-text.ts';
import type { LivingProcess } from '../../record/declarations.ts';

/** Which daemons are alive. Without one, what is tracked is not polled. */
export function daemonsText(living: readonly LivingProcess[]): string {
  const daemons = living.filter(({ role }) => role === 'daemon');
  if (daemons.length === 0)
    return 'no daemon is running: nothing is polled or delivered (start one: findall-watch serve)';
  return `${daemons.length === 1 ? 'daemon' : 'daemons'} running: ${daemonNames(daemons)}`;
}

/** Where they run and since when. */
export function daemonNames(daemons: readonly LivingProcess[]): string {
  return daemons
    .map(
      ({ host, owner, startedAt }) =>
        `${cleanText(host, 64)} (${owner}, since ${new Date(startedAt).toISOString().slice(0, 19)}Z)`,
    )
    .join(', ');
}

export function isDaemonAlive(living: readonly LivingProcess[]): boolean {
  return living.some(({ role }) => role === 'daemon');
}
