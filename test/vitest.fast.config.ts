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
      'test/{config,diff,present,simulator,sinks,support}/**/*.test.ts',
      'test/poll/{byte-budget,cadence,endings,misleading-answers,odd-shapes,parse-snapshot}.test.ts',
      'test/poll/{any-answers,error-answers,report-poll,scheduler,trouble}.test.ts',
      'test/record/{sqlite-database,state-failure,statement,turns}.test.ts',
      'test/deliver/{deliver-batch,pace,quiet-hours,quote-answer}.test.ts',
      'test/record/sink-status.test.ts',
      'test/deliver/{settlement-for,subscriptions,words-by-service}.test.ts',
      'test/commands/{follow-view,sample-event}.test.ts',
      'test/observe/{event-stream,health,operations,promql}.test.ts',
    ],
    exclude: ['test/readme.test.ts', 'test/config/any-file.test.ts'],
    // Most of the time would go into loading the same files again for each file of tests.
    isolate: false,
    maxWorkers: 2,
  },
});
