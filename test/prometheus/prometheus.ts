import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/servers/free-port.ts';

/** Runs promtool, which ends by itself. */
export function promtool(args: readonly string[], input = ''): { code: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error) throw isMissing(error) ? missing('promtool') : error;
  return { code: status, output: stdout + stderr };
}

/** One series of an instant query's answer. */
interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

export interface Prometheus {
  /** Throws what Prometheus says of an expression that it does not take. */
  query(expression: string): Promise<Sample[]>;
  /** Of each rule its name and whether it could be evaluated. */
  rules(): Promise<{ name: string; health: string }[]>;
}

/** A real Prometheus that scrapes `target` (host:port) every 200 ms as the job findall-watch; gone when the test is. */
export async function startPrometheus(target: string, ruleFile: string): Promise<Prometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-prometheus-'));
  const config = join(directory, 'prometheus.yml');
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
      rule_files: [ruleFile],
      scrape_configs: [{ job_name: 'findall-watch', static_configs: [{ targets: [target] }] }],
    }),
  );
  const port = await freePort();
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${directory}/data`];
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(directory, { recursive: true });
  });

  await once(child, 'spawn').catch((error: Error) => {
    throw isMissing(error) ? missing('prometheus') : error;
  });

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  };
  const query = async (expression: string) =>
    (await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expression)}`)).result;
  await eventually(async () => (await query('count_over_time(up[1m]) > 3')).length === 1, {
    what: `Prometheus scraping ${target}: ${said}`,
  });
  return {
    query,
    rules: async () =>
      (await ask<{ groups: { rules: { name: string; health: string }[] }[] }>('rules')).groups.flatMap(
        (group) => group.rules,
      ),
  };
}

function isMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT';
}

function missing(program: string): Error {
  return new Error(`${program} is not on PATH: install the Debian package prometheus, see test/README.md`);
}
