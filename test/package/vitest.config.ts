import { defineConfig } from 'vitest/config';

// Apart from `npm test`, because it needs the registry and installs 200 MB.
export default defineConfig({
  test: {
    include: ['test/package/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
  },
});
