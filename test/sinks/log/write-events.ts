/**
 * A process whose stdout is the log. For every line of stdin (`events`, or `events padding repeats`) it logs lines of
 * its own, then that many events through the log sink, and says on stderr how that went. At the end of stdin
 * it closes the log.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/clock.ts';
import { createLogSink } from '../../../src/sinks/log/log-sink.ts';
import { openLog } from '../../../src/logging/logger.ts';
import { matchEvent } from '../../builders/event-builders.ts';

const [level = 'info'] = process.argv.slice(2);
const log = openLog({ level, to: 1, journalStream: process.env['JOURNAL_STREAM'] });
const sink = createLogSink('log', log.writeLine);
const context = { attempt: 1, signal: new AbortController().signal };

for await (const line of createInterface(process.stdin)) {
  const [count = 0, padding = 0, repeats = 1] = line.split(' ').map(Number);
  for (let n = 0; n < repeats; n++) {
    log.logger.info({ n, padding: 'x'.repeat(padding) }, 'a line of the program itself');
  }
  const events = Array.from({ length: count }, (_, n) => matchEvent('findall_a', `c${n + 1}`, n + 1));
  const outcome = count > 0 ? await sink.deliver(events, context) : { rss: process.memoryUsage().rss };
  process.stderr.write(`${JSON.stringify(outcome)}\n`);
}
await log.close(systemClock);
