/** The process of one bench, started by `measure`: its name and scale come as arguments, its rows go as a message. */
import process from 'node:process';
import { BENCHES } from './benches/benches.ts';
import { startOtherSide } from './start-other-side.ts';

const [name = '', scale = '1'] = process.argv.slice(2);
const bench = BENCHES.get(name);
if (!bench) throw new Error(`no bench ${name}`);
const other = await startOtherSide();
try {
  const rows = await bench(other, Number(scale));
  process.send?.(rows);
} finally {
  await other.close();
  if (process.connected) process.disconnect();
}
