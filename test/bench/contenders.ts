/** The three that are compared, each polling one run as fast as it can. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import Parallel from 'parallel-web';
import { Agent, request } from 'undici';
import type { PollReport } from '../../src/poll/watch-run.ts';
import { openBenchDaemon } from './bench-daemon.ts';

/** Polls one run back to back. */
export interface Contender {
  /** Polls for about so long. Gives how many snapshots it has dealt with, and in what time. */
  pollFor(ms: number): Promise<Pace>;
  close(): Promise<void>;
}

interface Pace {
  polls: number;
  ms: number;
}

export const RUN = `findall_${'be'.repeat(16)}`;
const KEY = 'a-key-of-the-bench';

async function repeat(ms: number, poll: () => Promise<void>): Promise<Pace> {
  const startedAt = performance.now();
  let polls = 0;
  do {
    await poll();
    polls += 1;
  } while (performance.now() - startedAt < ms);
  return { polls, ms: performance.now() - startedAt };
}

/** Limit: a bare request, gunzip, JSON.parse, nothing else. */
export function createLimit(api: string): Contender {
  const dispatcher = new Agent();
  const poll = async (): Promise<void> => {
    const { body } = await request(`${api}/v1beta/findall/runs/${RUN}/result`, {
      dispatcher,
      headers: { 'accept-encoding': 'gzip', 'x-api-key': KEY },
    });
    JSON.parse(gunzipSync(await body.arrayBuffer()).toString('utf8'));
  };
  return { pollFor: (ms) => repeat(ms, poll), close: () => dispatcher.close() };
}

/** Loop: what a user writes with the official SDK. Remembers in a Map and logs new matches; nothing outlives it. */
export function createLoop(api: string): Contender {
  const client = new Parallel({ apiKey: KEY, baseURL: api });
  const seen = new Map<string, string>();
  const log = openSync('/dev/null', 'w');
  const poll = async (): Promise<void> => {
    const { candidates } = await client.beta.findall.result(RUN);
    for (const candidate of candidates) {
      const before = seen.get(candidate.candidate_id);
      seen.set(candidate.candidate_id, candidate.match_status);
      if (candidate.match_status !== 'matched' || before === 'matched') continue;
      writeSync(log, `${JSON.stringify({ msg: 'match', ...candidate })}\n`);
    }
  };
  return { pollFor: (ms) => repeat(ms, poll), close: async () => closeSync(log) };
}

/**
 * Ours: the daemon as it is served, with SQLite on a disk (`synchronous=FULL`) and the log sink; due again at once. Both
 * the claim and the record of each poll are commits.
 */
export async function createOurs(api: string): Promise<Contender> {
  const daemon = await openBenchDaemon({ api, intervalMs: 0, sinks: [{ name: 'log', type: 'log' }] });
  await daemon.track([RUN]);
  return {
    async pollFor(ms) {
      let polls = 0;
      let first = performance.now();
      let last = first;
      const onPoll = ({ answer }: PollReport): void => {
        if (answer.kind !== 'snapshot' && answer.kind !== 'unchanged')
          throw new Error(JSON.stringify(answer));
        polls += 1;
        last = performance.now();
      };
      const watcher = await daemon.watcher({ onPoll });
      first = performance.now();
      watcher.start();
      await daemon.until(() => polls > 0 && performance.now() - first >= ms);
      await watcher.stop(60_000);
      return { polls, ms: last - first };
    },
    close: daemon.close,
  };
}
