import { defineConfig, type TestUserConfig } from 'vitest/config';

/** What all runs of tests have in common. */
export const common = {
  // Tests wait for conditions, never for a fixed time. These limits are for what hangs, and hold on a busy machine.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  pool: 'forks',
  setupFiles: ['test/support/property-seed.ts'],
  // Most of a test's time is waiting for processes and sockets.
  maxWorkers: 3,
} satisfies TestUserConfig;

/** `npm test`: everything that needs no other program than `npm ci` installs. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/**/*.test.ts'],
    exclude: ['test/package/**', 'test/prometheus/**', 'test/debian/**', 'test/pgbouncer/**'],
    globalSetup: ['test/support/servers/postgres.ts'],
  },
});
