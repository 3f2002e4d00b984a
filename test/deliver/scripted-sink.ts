import type { DeliveryOutcome, Sink } from '../../src/deliver/sink.ts';
import type { RunEvent } from '../../src/run-event.ts';

type Script = (event: RunEvent, n: number, signal: AbortSignal) => Promise<DeliveryOutcome> | DeliveryOutcome;

/** A sink that answers by a script, remembers what it accepted and what was on its way at once. */
export class ScriptedSink implements Sink {
  readonly name: string;
  readonly maxBatch: number;
  readonly concurrency: number;
  readonly attempts: RunEvent[] = [];
  readonly accepted: RunEvent[] = [];
  readonly batches: number[] = [];
  most = 0;
  mostOfOne = 0;
  readonly #now: string[] = [];
  readonly #script: Script;

  constructor(name: string, script: Script, { maxBatch = 1, concurrency = 4 } = {}) {
    this.name = name;
    this.maxBatch = maxBatch;
    this.concurrency = concurrency;
    this.#script = script;
  }

  async deliver(events: readonly RunEvent[], { signal }: { signal: AbortSignal }): Promise<DeliveryOutcome> {
    const stream = String(events[0]?.findall_id);
    this.#now.push(stream);
    this.batches.push(events.length);
    this.most = Math.max(this.most, this.#now.length);
    this.mostOfOne = Math.max(this.mostOfOne, this.#now.filter((one) => one === stream).length);
    try {
      for (const event of events) {
        this.attempts.push(event);
        const outcome = await this.#script(event, this.attempts.length, signal);
        if (outcome.kind !== 'delivered') return outcome;
        this.accepted.push(event);
      }
      return { kind: 'delivered' };
    } finally {
      this.#now.splice(this.#now.indexOf(stream), 1);
    }
  }

  async close() {}

  /** Sequences accepted of one run. */
  sequences(findallId: string): number[] {
    return this.accepted.filter((event) => event.findall_id === findallId).map(({ sequence }) => sequence);
  }
}
