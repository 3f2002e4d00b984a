import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openSandbox } from '../../support/program-sandbox.ts';
import { startWatchedDaemon } from '../watched-daemon.ts';

const textOf = async (url: string) => await (await fetch(url)).text();

/** The samples of a text of Prometheus, by name with labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('a daemon', () => {
  test('is alive and ready while its API fails, and says every check when asked', async () => {
    const { url, simulator } = await startWatchedDaemon({ scenarios: ['never-ends'], args: (ids) => ids });
    await simulator.close();
    expect(await textOf(`${url}/livez`)).toBe('ok\n');
    await eventually(async () => (await textOf(`${url}/readyz`)) === 'ok\n');
    expect(await textOf(`${url}/readyz?verbose`)).toBe(
      '[+]configuration ok\n[+]migrations ok\n[+]store ok\n[+]phase ok\n[+]scheduler ok\n[+]dispatcher log ok\nreadyz check passed\n',
    );
  });

  test('counts what it does, from 0, and never by run', async () => {
    const { url, ids, ask } = await startWatchedDaemon({ scenarios: ['low-match-rate'] });
    const before = samplesOf(await textOf(`${url}/metrics`));
    expect(before.get('findall_watch_events_total{type="findall.run.completed"}')).toBe(0);
    expect(before.get('findall_watch_deliveries_total{sink="log",outcome="dead"}')).toBe(0);
    expect(before.get('findall_watch_store_commit_seconds_count{commit="settle"}')).toBe(0);
    expect(before.get('findall_watch_sink_state{sink="log",state="running"}')).toBe(1);
    expect(before.get('findall_watch_key_refused')).toBe(0);

    await ask('/v1/runs', { json: { id: ids[0] } });
    const after = await eventually(async () => {
      const samples = samplesOf(await textOf(`${url}/metrics`));
      return samples.get('findall_watch_runs{state="ended"}') === 1 &&
        samples.get('findall_watch_pending{sink="log"}') === 0
        ? samples
        : null;
    });
    const of = (name: string) => after?.get(`findall_watch_${name}`) ?? -1;
    const events = of('events_total{type="findall.candidate.matched"}') + 1;
    expect(of('events_total{type="findall.run.completed"}')).toBe(1);
    expect(of('deliveries_total{sink="log",outcome="delivered"}')).toBe(events);
    expect(of('polls_total{outcome="snapshot"}')).toBeGreaterThan(0);
    expect(of('poll_duration_seconds_count')).toBe(of('store_commit_seconds_count{commit="record_poll"}'));
    expect(of('oldest_poll_age_seconds')).toBe(0);
    expect(
      [...(after?.keys() ?? [])].filter((name) => name.includes('findall_') && name.includes(ids[0])),
    ).toEqual([]);
    expect(after?.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  test('lists no checks for verbose=false', async () => {
    const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    expect(await textOf(`${url}/livez?verbose=false`)).toBe('ok\n');
    expect(await textOf(`${url}/livez?verbose=true`)).toContain('[+]scheduler ok');
  });

  test('serves OpenMetrics to who prefers it, and the text format with the same numbers before and after', async () => {
    const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const ask = async (accept: string) => {
      const answer = await fetch(`${url}/metrics`, { headers: { accept } });
      return { type: answer.headers.get('content-type'), text: await answer.text() };
    };
    const before = await ask('text/plain');
    const open = await ask('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5');
    const after = await ask('*/*');
    expect([before.type, open.type, after.type]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(before.text).toMatch(/^# TYPE findall_watch_polls_total counter$/m);
    expect(open.text).toMatch(/^# TYPE findall_watch_polls counter\nfindall_watch_polls_total\{/m);
    expect(open.text).toMatch(/\n# EOF\n$/);
    const names = [before, open, after].map(({ text }) =>
      [...samplesOf(text).keys()].filter((name) => name.startsWith('findall_watch_')).toSorted(),
    );
    expect(names[1]).toEqual(names[0]);
    expect(names[2]).toEqual(names[0]);
  });

  test('shows what is pending for a sink, and a refused key', async () => {
    const { url } = await startWatchedDaemon({
      scenarios: ['low-match-rate'],
      args: (ids) => ids,
      apiKey: 'the-right-key',
      // Nobody listens there.
      env: { PARALLEL_API_KEY: 'the-wrong-key', FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' },
    });
    await eventually(async () => {
      const samples = samplesOf(await textOf(`${url}/metrics`));
      expect(samples.get('findall_watch_key_refused')).toBe(1);
      expect(samples.get('findall_watch_pending{sink="webhook"}')).toBeGreaterThan(0);
      expect(samples.get('findall_watch_oldest_pending_age_seconds{sink="webhook"}')).toBeGreaterThan(0);
      expect(samples.get('findall_watch_deliveries_total{sink="webhook",outcome="retry"}')).toBeGreaterThan(
        0,
      );
      expect(samples.get('findall_watch_sink_state{sink="webhook",state="failing"}')).toBe(1);
      expect(samples.get('findall_watch_polls_total{outcome="unauthorized"}')).toBeGreaterThan(0);
      return true;
    });
  });
});

describe('an address that is taken', () => {
  test('ends the start with 69 before anything is polled or changed', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const port = String((other.address() as AddressInfo).port);
    const { run, ids, simulator } = await openSandbox({
      scenarios: ['never-ends'],
      env: { FINDALL_WATCH_HTTP_PORT: port },
    });
    const { code, stderr } = await run(['serve', ids[0]]);
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: expect.stringContaining(
        `cannot listen on 127.0.0.1 port ${port}: something else listens there\n`,
      ) as string,
    });
    expect(simulator.requestCount()).toBe(0);
    expect((await run(['runs'])).stdout).toContain('no runs are tracked');
  });
});
