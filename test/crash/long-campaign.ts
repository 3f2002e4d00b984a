/** `npm run test:crash -- --kills 500 [--seed 1]`: rounds of deaths, each with its own seed, until there were enough. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { changesOfDeclaration } from './company-breaches.ts';
import { breaches } from './losses.ts';

const KILLS_A_ROUND = 35;

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '500' }, seed: { type: 'string', default: '1000' } },
});
const kills = Number(values.kills);
let seed = Number(values.seed);
let killed = 0;
let broken = 0;
const total = {
  recorded: 0,
  delivered: 0,
  repeated: 0,
  diedAtCall: 0,
  messages: 0,
  grouped: 0,
  follows: 0,
  daemons: 0,
  changes: 0,
};
const startedAt = Date.now();

while (killed < kills) {
  const round = Math.min(KILLS_A_ROUND, kills - killed);
  const campaign = await runCampaign({ kills: round, seed });
  const found = breaches(campaign);
  const taken = [campaign.deliveries, campaign.paced, campaign.extra].map((of) =>
    of.filter(({ accepted }) => accepted),
  );
  const ids = taken.map((of) => new Set(of.map(({ id }) => id)).size);
  const accepted = taken.flat();
  const { follows, daemons } = campaign.companions;
  const changes = changesOfDeclaration(campaign);
  const repeated = accepted.length - ids.reduce((sum, count) => sum + count, 0);
  killed += round;
  broken += found.length;
  total.recorded += campaign.recorded.length;
  total.delivered += accepted.length;
  total.repeated += repeated;
  total.diedAtCall += campaign.diedAtCall;
  total.follows += follows;
  total.daemons += daemons;
  total.changes += changes;
  total.messages += campaign.batches.length;
  total.grouped += campaign.batches.reduce((sum, { events }) => sum + events.length, 0);
  process.stdout.write(
    `seed ${seed}: ${round} kills beside ${daemons} second daemons and ${follows} follows, ` +
      `${changes} changes of the declaration, ${campaign.recorded.length} events, ${repeated} repeated, ${found.length} breaches\n`,
  );
  for (const breach of found) process.stdout.write(`  ${breach}\n`);
  seed += 1;
}

const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
process.stdout.write(
  `${killed} kills (${total.diedAtCall} at a chosen call) in ${minutes} min: ${total.recorded} events recorded, ` +
    `${total.delivered} accepted deliveries, ${total.repeated} of them repetitions under the same id, ` +
    `${total.grouped} events in ${total.messages} grouped messages, ` +
    `${total.daemons} lives of second daemons, ${total.follows} of follows, ${total.changes} changes of the declaration, ` +
    `${broken} breaches\n`,
);
process.exitCode = broken === 0 ? 0 : 1;
