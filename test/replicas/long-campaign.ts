/**
 * `npm run test:replicas -- --minutes 10 [--seed 1] [--replicas 3] [--runs 300] [--pooled]`: rounds of faults, each with its own
 * seed, until the time is over. With `--pooled` behind a PgBouncer in transaction mode, whose program must be on PATH.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { changesOfDeclaration } from '../crash/company-breaches.ts';
import { breaches } from './breaches.ts';
import { runCampaign } from './campaign.ts';

/** How long the faults of one round last; all that is pending is delivered after it. */
const FAULT_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '3' },
    runs: { type: 'string', default: '300' },
    pooled: { type: 'boolean', default: false },
  },
});
const [minutes, replicas, runs] = [values.minutes, values.replicas, values.runs].map(Number);
let seed = Number(values.seed);
const total = { rounds: 0, recorded: 0, repeated: 0, broken: 0, daemons: 0, follows: 0, changes: 0 };
const startedAt = performance.now();
const minutesPassed = () => (performance.now() - startedAt) / 60_000;

while (minutesPassed() < (minutes ?? 0)) {
  const campaign = await runCampaign({
    ...{ replicas: replicas ?? 0, runs: runs ?? 0, faultMs: FAULT_MS, seed, isPooled: values.pooled },
  });
  const found = breaches(campaign);
  const repeated = [campaign.deliveries, campaign.changed, campaign.extra].reduce((sum, deliveries) => {
    const accepted = deliveries.filter((delivery) => delivery.accepted);
    return sum + accepted.length - new Set(accepted.map(({ id }) => id)).size;
  }, 0);
  const { daemons, follows } = campaign.companions;
  const changes = changesOfDeclaration(campaign);
  total.daemons += daemons;
  total.follows += follows;
  total.changes += changes;
  total.rounds += 1;
  total.recorded += campaign.recorded.length;
  total.repeated += repeated;
  total.broken += found.length;
  process.stdout.write(
    `seed ${seed}: ${Object.entries(campaign.faults)
      .map(([kind, times]) => `${times} × ${kind}`)
      .join(', ')}; ${daemons} lives of the other replica, ${follows} of follows, ` +
      `${changes} changes of the declaration; ${campaign.recorded.length} events, ${repeated} repeated, ${found.length} breaches\n`,
  );
  for (const breach of found) process.stdout.write(`  ${breach}\n`);
  seed += 1;
}

process.stdout.write(
  `${total.rounds} rounds of ${replicas} replicas in ${minutesPassed().toFixed(1)} min: ${total.recorded} events recorded and ` +
    `reported, ${total.repeated} repetitions under the same id, ${total.daemons} lives of replicas of another configuration, ` +
    `${total.follows} of follows, ${total.changes} changes of the declaration, ${total.broken} breaches\n`,
);
process.exitCode = total.broken === 0 ? 0 : 1;
