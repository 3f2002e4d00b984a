import { defineConfig } from 'vitest/config';
import { common } from '../vitest.config.ts';

/** `npm run test:prometheus`: what promtool and a real Prometheus say of the alerts, the dashboard and the metrics. */
export default defineConfig({ test: { ...common, include: ['test/prometheus/*.test.ts'] } });
