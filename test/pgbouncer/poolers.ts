import { onTestFinished } from 'vitest';
import { type PgBouncer, type PgBouncerOptions, startPgBouncer } from './pgbouncer.ts';

/** A pooler that goes with the test. */
export async function testPooler(options: PgBouncerOptions): Promise<PgBouncer> {
  const pooler = await startPgBouncer(options);
  onTestFinished(() => pooler.remove());
  return pooler;
}
