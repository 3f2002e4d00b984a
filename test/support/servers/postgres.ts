import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the server that all tests share; each makes a database of its own in it. */
    postgres: string;
  }
}

/** One PostgreSQL for a whole run of tests: half a second. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide('postgres', server.url);
  return () => server.remove();
}
