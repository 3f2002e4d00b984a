import { defineConfig } from 'vitest/config';
import { common } from '../vitest.config.ts';

/** `npm run test:pgbouncer`: the store, the commands and two replicas behind a real PgBouncer, which Debian's package brings. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/pgbouncer/*.test.ts'],
    globalSetup: ['test/support/servers/postgres.ts'],
  },
});
