import { defineConfig } from 'vitest/config';
import { common } from '../vitest.config.ts';

/** `npm run test:debian`: the documented commands with the programs they name (jq, curl, grep), zsh and fish, and a real terminal. */
export default defineConfig({ test: { ...common, include: ['test/debian/*.test.ts'] } });
