import type { Snapshot } from '../../src/model.ts';
import type { AnswerRoom, FetchRequest, Source, SourceAnswer } from '../../src/poll/source.ts';

/** Memory without end. */
export const ENOUGH_ROOM: AnswerRoom = { forCandidates: async () => null, release() {} };

/** The answer with this snapshot, read by nobody yet. */
export function bodyOf(snapshot: Snapshot, bodyDigest: string): SourceAnswer {
  const body = Buffer.from(JSON.stringify(snapshot));
  const origin = 'https://api.example';
  return { kind: 'body', origin, body, bodyDigest, bytes: body.byteLength, room: ENOUGH_ROOM };
}

type Script = (findallId: string, request: FetchRequest) => Promise<SourceAnswer>;

/** A source that answers by a script and counts what goes on at once. */
export class ScriptedSource implements Source {
  readonly polls: string[] = [];
  now = 0;
  most = 0;
  mostOfOne = 0;
  readonly #open = new Map<string, number>();
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  async fetchResult(findallId: string, request: FetchRequest): Promise<SourceAnswer> {
    this.polls.push(findallId);
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    const open = (this.#open.get(findallId) ?? 0) + 1;
    this.#open.set(findallId, open);
    this.mostOfOne = Math.max(this.mostOfOne, open);
    try {
      return await this.#script(findallId, request);
    } finally {
      this.now -= 1;
      this.#open.set(findallId, open - 1);
    }
  }
}
