/** A process whose stdout is the log: writes an event through the log sink for every line it is told to. */
import { createInterface } from 'node:readline';
import { createLogSink } from '../../src/deliver/sinks/log-sink.ts';
import { openLog } from '../../src/logger.ts';
import { matchEvent } from './events.ts';

const [level = 'info'] = process.argv.slice(2);
const log = openLog({ level, to: 1 });
const sink = createLogSink('log', log.writeLine);
const context = { attempt: 1, signal: new AbortController().signal };

for await (const line of createInterface(process.stdin)) {
  log.logger.info('a line of the program itself');
  const events = Array.from({ length: Number(line) }, (_, n) => matchEvent('findall_a', `c${n + 1}`, n + 1));
  process.stderr.write(`${JSON.stringify(await sink.deliver(events, context))}\n`);
}
