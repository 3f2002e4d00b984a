/** Deliveries that wait for a sink which no daemon declares: nobody delivers them, and nobody may overlook them. */
import type { Logger } from '../../logging/logger.ts';
import type { SinkBacklog, SinkRegistry } from '../outbox-operations.ts';

/** Says which sinks have pending deliveries although no daemon declares them. A store that fails is reported elsewhere. */
export async function reportUndeclared(store: Pick<SinkRegistry, 'backlog'>, logger: Logger): Promise<void> {
  const backlog = await store.backlog().catch(() => []);
  for (const { sink, pending } of backlog.filter(isUndeclared)) {
    logger.warn(
      { sink, pending, todo: undeclaredFix(sink) },
      'pending deliveries of a sink that is not declared',
    );
  }
}

/** Whether deliveries wait for a sink that nobody delivers to. */
export function isUndeclared({ pending, isDeclared }: Pick<SinkBacklog, 'pending' | 'isDeclared'>): boolean {
  return pending > 0 && !isDeclared;
}

/** What can be done about them. */
export function undeclaredFix(sink: string): string {
  return `configure the sink again to deliver them, or drop them: findall-watch drop --sink ${sink} --pending`;
}
