/**
 * `npm run test:replicas -- --minutes 10 [--seed 1] [--replicas 3] [--runs 300]`: rounds of trouble, each with its own seed,
 * until the time is over.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { breaches } from './breaches.ts';
import { runCampaign } from './campaign.ts';

/** Trouble of one round; all that is owed is paid after it. */
const TROUBLE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '3' },
    runs: { type: 'string', default: '300' },
  },
});
const [minutes, replicas, runs] = [values.minutes, values.replicas, values.runs].map(Number);
let seed = Number(values.seed);
const total = { rounds: 0, recorded: 0, repeated: 0, broken: 0 };
const startedAt = performance.now();
const minutesPassed = () => (performance.now() - startedAt) / 60_000;

while (minutesPassed() < (minutes ?? 0)) {
  const campaign = await runCampaign({
    ...{ replicas: replicas ?? 0, runs: runs ?? 0, troubleMs: TROUBLE_MS, seed },
  });
  const found = breaches(campaign);
  const accepted = campaign.deliveries.filter((delivery) => delivery.accepted);
  const repeated = accepted.length - new Set(accepted.map(({ id }) => id)).size;
  total.rounds += 1;
  total.recorded += campaign.recorded.length;
  total.repeated += repeated;
  total.broken += found.length;
  process.stdout.write(
    `seed ${seed}: ${Object.entries(campaign.troubles)
      .map(([kind, times]) => `${times} × ${kind}`)
      .join(', ')}; ${campaign.recorded.length} events, ${repeated} repeated, ${found.length} breaches\n`,
  );
  for (const breach of found) process.stdout.write(`  ${breach}\n`);
  seed += 1;
}

process.stdout.write(
  `${total.rounds} rounds of ${replicas} replicas in ${minutesPassed().toFixed(1)} min: ${total.recorded} events recorded and ` +
    `told, ${total.repeated} repetitions under the same id, ${total.broken} breaches\n`,
);
process.exitCode = total.broken === 0 ? 0 : 1;
