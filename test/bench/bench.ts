/**
 * `npm run bench [-- NAME… --json FILE --write]`: how fast it is, beside the limit of the wire and what a user would write.
 * `--write` writes the figures of all benches to `RESULTS.md`.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { BENCHES } from './benches/benches.ts';
import { measure } from './measure.ts';
import { type Row, tableOf } from './report.ts';
import { RESULTS_FILE, resultsPage, thisMachine } from './results-page.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // A scale below 1 is for seeing that everything runs.
  options: {
    json: { type: 'string' },
    scale: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const names = positionals.length > 0 ? positionals : [...BENCHES.keys()];
const unknown = names.filter((name) => !BENCHES.has(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}; there are ${[...BENCHES.keys()].join(', ')}\n`);
  process.exit(64);
}

if (values.write && (positionals.length > 0 || values.scale !== '1')) {
  process.stderr.write('--write writes the page of all benches: give it neither names nor a scale\n');
  process.exit(64);
}

const rows: Row[] = [];
const startedAt = performance.now();
for (const name of names) {
  const from = performance.now();
  process.stderr.write(`${name}\n`);
  const measured = await measure(name, Number(values.scale), (text) => process.stderr.write(text));
  if (measured.length === 0 || measured.some(({ ours }) => !Number.isFinite(ours))) {
    throw new Error(`the bench ${name} gave no numbers: ${JSON.stringify(measured)}`);
  }
  rows.push(...measured);
  process.stderr.write(`  ${((performance.now() - from) / 1000).toFixed(1)} s\n`);
}
process.stdout.write(`${tableOf(rows)}\n`);
process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s in all\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
if (values.write) {
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(RESULTS_FILE, resultsPage({ rows, day, machine: thisMachine() }));
}
