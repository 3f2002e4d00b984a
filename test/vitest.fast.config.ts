import { defineConfig } from 'vitest/config';
import { common } from './vitest.config.ts';

/**
 * `npm run test:fast`: what neither starts a process nor needs PostgreSQL, for use while writing. A test file belongs here
 * when it runs in a second or so.
 */
export default defineConfig({
  test: {
    ...common,
    include: [
      'test/*.test.ts',
      'test/{config,diff,simulator,sinks,support}/**/*.test.ts',
      'test/{declaration,system,text}/**/*.test.ts',
      'test/poll/{assess/*,cadence,report-poll,scheduler}.test.ts',
      'test/poll/findall/{byte-budget,parse-snapshot,parse-snapshot/odd-shapes,error-body}.test.ts',
      'test/record/{sqlite/sqlite-database,upkeep/state-failure,sql/statement}.test.ts',
      'test/record/outbox/{rate-slots,sink-status}.test.ts',
      'test/deliver/{deliver-batch,pace,quiet-hours,settlement-for}.test.ts',
      'test/http/{network-failure,http-answer,deadline,quote-answer}.test.ts',
      'test/commands/{follow/follow-view,try/sample-event,output/event-lines}.test.ts',
      'test/deployment/{deployments,lock-file,repository}.test.ts',
      'test/observe/{api/event-stream,health,operations,promql}.test.ts',
    ],
    exclude: ['test/readme.test.ts', 'test/config/reading/config-file.test.ts'],
    // Most of the time would go into loading the same files again for each file of tests.
    isolate: false,
    maxWorkers: 2,
  },
});
