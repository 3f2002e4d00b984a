/** `npm run bench [-- NAME… --json FILE]`: how fast it is, beside the limit of the wire and what a user would write. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { BENCHES } from './benches.ts';
import { type Row, tableOf } from './report.ts';
import { startOtherSide } from './start-other-side.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const names = positionals.length > 0 ? positionals : [...BENCHES.keys()];
const unknown = names.filter((name) => !BENCHES.has(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}; there are ${[...BENCHES.keys()].join(', ')}\n`);
  process.exit(64);
}

const rows: Row[] = [];
const startedAt = performance.now();
for (const name of names) {
  const from = performance.now();
  // Each against a process of its own: what one has left there costs the next nothing.
  const other = await startOtherSide();
  try {
    rows.push(...((await BENCHES.get(name)?.run(other, 1)) ?? []));
  } finally {
    await other.close();
  }
  process.stderr.write(`${name}: ${((performance.now() - from) / 1000).toFixed(1)} s\n`);
}
process.stdout.write(`${tableOf(rows)}\n`);
process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s in all\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
