/**
 * Answers of any size, ready to send: gzip streams put together from blocks that were compressed once.
 *
 * A block is 1 % of the candidates (one at least). A step of a run replaces one block by its next generation: first its
 * candidates match, from then on their contents change. Blocks end at byte boundaries (Z_FULL_FLUSH) and know
 * nothing of each other, so a body is their concatenation under one checksum: an ordinary gzip stream of one member, made in
 * the time of a copy, for as many runs and steps as it takes.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { createRandom, type Random, seedFrom } from '../../src/simulator/seeded-random.ts';

interface Block {
  raw: Buffer;
  packed: Buffer;
}

export interface Bodies {
  /** The gzip stream of a run's result after so many steps. */
  gzipped(findallId: string, steps: number): Buffer;
  /** The same as plain JSON. */
  plain(findallId: string, steps: number): Buffer;
}

const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** A last, empty block of stored bytes. */
const LAST_BLOCK = Buffer.from([3, 0]);
/** Words of a candidate of about 4.5 KB: two conditions with reasoning and two citations each. */
const REASONING_WORDS = 60;
const EXCERPT_WORDS = 75;

/** Bodies with `candidates` candidates, of about `candidateBytes` bytes each. */
export function createBodies(candidates: number, candidateBytes = 4500): Bodies {
  const size = Math.max(1, Math.round(candidates / 100));
  const count = Math.ceil(candidates / size);
  const blocks = new Map<string, Block>();

  function block(index: number, generation: number): Block {
    const key = `${index}/${generation}`;
    const known = blocks.get(key);
    if (known) return known;
    const numbers = Array.from(
      { length: Math.min(size, candidates - index * size) },
      (_, at) => index * size + at,
    );
    const texts = numbers.map((number) => JSON.stringify(candidateOf(number, generation, candidateBytes)));
    const made = pack(`${index === 0 ? '' : ','}${texts.join(',')}`);
    blocks.set(key, made);
    // The generation before the last is not asked for any more.
    blocks.delete(`${index}/${generation - 2}`);
    return made;
  }

  function partsOf(findallId: string, steps: number): Block[] {
    const parts = [pack(headOf(findallId, candidates, steps))];
    for (let index = 0; index < count; index++) {
      parts.push(block(index, steps > index ? Math.floor((steps - index - 1) / count) + 1 : 0));
    }
    parts.push(TAIL);
    return parts;
  }

  return {
    gzipped(findallId, steps) {
      const parts = partsOf(findallId, steps);
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(
        parts.reduce((crc, { raw }) => crc32(raw, crc), 0),
        0,
      );
      trailer.writeUInt32LE(
        parts.reduce((bytes, { raw }) => bytes + raw.length, 0),
        4,
      );
      return Buffer.concat([GZIP_HEADER, ...parts.map(({ packed }) => packed), LAST_BLOCK, trailer]);
    },
    plain: (findallId, steps) => Buffer.concat(partsOf(findallId, steps).map(({ raw }) => raw)),
  };
}

function pack(text: string): Block {
  const raw = Buffer.from(text);
  return { raw, packed: deflateRawSync(raw, { finishFlush: constants.Z_FULL_FLUSH }) };
}

const TAIL = pack(']}');

const BEGAN_AT = Date.UTC(2026, 9, 1);

function headOf(findallId: string, candidates: number, steps: number): string {
  const run = {
    findall_id: findallId,
    status: {
      status: 'running',
      is_active: true,
      metrics: {
        generated_candidates_count: candidates,
        matched_candidates_count: Math.min(candidates, steps),
      },
    },
    generator: 'core',
    metadata: { team: 'bench' },
    created_at: new Date(BEGAN_AT).toISOString(),
    modified_at: new Date(BEGAN_AT + steps).toISOString(),
  };
  return `{"run":${JSON.stringify(run)},"last_event_id":"${(BEGAN_AT + steps).toString(16)}","candidates":[`;
}

function candidateOf(number: number, generation: number, bytes: number): unknown {
  const random = createRandom(seedFrom(`${number}/${generation}`));
  const scale = bytes / 4500;
  const basis = ['builds_the_product_check', 'founded_after_2020_check'].map((field) => ({
    field,
    citations: [1, 2].map((source) => ({
      title: words(random, 6),
      url: `https://source-${source}.example/${random.hex(12)}`,
      excerpts: [words(random, EXCERPT_WORDS * scale)],
    })),
    reasoning: words(random, REASONING_WORDS * scale),
    confidence: random.pick(['high', 'medium', 'low'] as const),
  }));
  return {
    candidate_id: `candidate_${createRandom(seedFrom(`candidate ${number}`)).hex(24)}`,
    name: `Company ${number}`,
    url: `https://company-${number}.example`,
    description: words(random, 12),
    match_status: generation === 0 ? 'generated' : 'matched',
    output: Object.fromEntries(
      basis.map(({ field }) => [field, { value: words(random, 8), is_matched: true }]),
    ),
    basis,
  };
}

const WORDS_A_PHRASE = 3;
const SYLLABLES = [
  'ra',
  'ven',
  'sto',
  'lim',
  'qua',
  'ter',
  'nol',
  'bec',
  'shi',
  'dor',
  'gam',
  'pel',
  'wy',
  'fu',
];

/** Turns of phrase that come again and again, so that it compresses about as real answers do (4.5 MB to 0.73 MB). */
const PHRASES = ((): string[] => {
  const random = createRandom(1);
  const word = () => Array.from({ length: random.integer(1, 4) }, () => random.pick(SYLLABLES)).join('');
  return Array.from({ length: 500 }, () => Array.from({ length: WORDS_A_PHRASE }, word).join(' '));
})();

function words(random: Random, count: number): string {
  // The product makes the first phrases the frequent ones.
  const one = () => PHRASES[Math.floor(random.next() * random.next() * PHRASES.length)] ?? '';
  return Array.from({ length: Math.max(1, Math.round(count / WORDS_A_PHRASE)) }, one).join(' ');
}
