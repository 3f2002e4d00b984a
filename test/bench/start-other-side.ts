// cspell:ignore manieth
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('other-side.ts', import.meta.url));

/** What the other process saw since it was last asked to forget. */
export interface OtherSideStats {
  requests: number;
  /** Epoch ms with fractions. */
  firstRequestAt: number | null;
  received: number;
  /** From the last byte of a snapshot to the whole of its match at the receiver, by the clock of that one process. */
  latenciesMs: number[];
}

/** What runs look like there. */
export interface Shape {
  candidates: number;
  /** A step (1 % of the candidates change) at every so-manieth request; 0: never. */
  every: number;
  /** Of a candidate; 4,500 unless given. */
  candidateBytes?: number;
}

/** An API and a receiver in another process. */
export interface OtherSide {
  /** Base URL of an API whose runs are of this shape. */
  api(shape: Shape): string;
  readonly hook: string;
  stats(): Promise<OtherSideStats>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; resolves when it can be asked. Its process ends with this one. */
export async function startOtherSide(): Promise<OtherSide> {
  const child = fork(ENTRY, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number];
  const url = `http://127.0.0.1:${port}`;
  return {
    api: ({ candidates, every, candidateBytes }) =>
      `${url}/n/${candidates}/every/${every}${candidateBytes === undefined ? '' : `/bytes/${candidateBytes}`}`,
    hook: `${url}/hook`,
    async stats() {
      return (await (await fetch(`${url}/stats`)).json()) as OtherSideStats;
    },
    async forget() {
      await (await fetch(`${url}/stats`, { method: 'DELETE' })).arrayBuffer();
    },
    async close() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
