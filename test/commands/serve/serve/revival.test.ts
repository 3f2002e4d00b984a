import { expect, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { jsonLines, openSandbox, type Sandbox } from '../../../support/program-sandbox.ts';

async function post(sandbox: Sandbox, view: string, body: unknown): Promise<number> {
  const url = `${sandbox.simulator.url}/v1beta/findall/runs/${sandbox.ids[0]}/${view}`;
  return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 60_000, interval: 100 }).toBe(true);
}

interface Recorded {
  type: string;
  episode: number;
  summary?: { advice: string };
}

test('a revival and a late enrichment are rehearsed over HTTP: the daemon reports both, and fetches the schema again', async () => {
  const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 3 });
  sandbox.start(['serve', sandbox.ids[0]], { FINDALL_WATCH_LINGER: '1h' });
  const events = async () => jsonLines<Recorded>((await sandbox.run(['events', '--json'])).stdout);
  const count = async (type: string) => (await events()).filter((event) => event.type === type).length;
  const shown = async () =>
    JSON.parse((await sandbox.run(['show', sandbox.ids[0], '--json'])).stdout) as Record<string, unknown>;

  await until(async () => (await count('findall.run.completed')) === 1);
  await until(async () => (await shown())['match_limit'] === 6);
  expect((await sandbox.run(['show', sandbox.ids[0]])).stdout).toMatch(
    /^ {2}objective +Find seed-funded startups .*\n {2}limit +6 matches$/m,
  );

  expect(await post(sandbox, 'extend', { additional_match_limit: 5 })).toBe(200);
  await until(async () => (await count('findall.run.completed')) === 2);
  await until(async () => (await shown())['match_limit'] === 11);
  expect(await count('findall.run.reactivated')).toBe(1);
  expect(await count('findall.candidate.matched')).toBe(11);

  const output_schema = { properties: { founders: { type: 'array' } } };
  expect(await post(sandbox, 'enrich', { processor: 'core', output_schema })).toBe(200);
  await until(async () => (await count('findall.candidate.enriched')) === 11);
  await eventually(() => sandbox.simulator.requests().filter(({ kind }) => kind === 'schema').length >= 3);
  expect((await events()).filter(({ summary }) => summary).map(({ summary }) => summary?.advice)).toEqual(
    expect.arrayContaining([expect.stringContaining('extend it to find more')]),
  );
});
