import { defineConfig } from 'vitest/config';

// Tests talk to real sockets, files and processes: generous deadlines, never fixed sleeps.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/package/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    globalSetup: ['test/support/postgres.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    // Most of a test's time is waiting for processes and sockets.
    maxWorkers: 3,
  },
});
