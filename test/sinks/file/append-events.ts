/** A process that appends batches of events to a file through the file sink and says each outcome on stdout. */
import { systemClock } from '../../../src/clock.ts';
import { createFileSink } from '../../../src/sinks/file/file-sink.ts';
import { matchEvent } from '../../builders/event-builders.ts';

const [path = '', writer = '', batches = '1', size = '1', length = '10'] = process.argv.slice(2);
const sink = createFileSink({ name: 'file', path, clock: systemClock });
const { signal } = new AbortController();

for (let batch = 0; batch < Number(batches); batch++) {
  const events = Array.from({ length: Number(size) }, (_, n) => ({
    ...matchEvent('findall_a', `c${n + 1}`, n + 1),
    metadata: { writer, batch, text: writer.repeat(Number(length)) },
  }));
  process.stdout.write(`${JSON.stringify(await sink.deliver(events, { attempt: 1, signal }))}\n`);
}
