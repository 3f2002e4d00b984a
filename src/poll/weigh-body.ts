/**
 * How many bytes of memory an answer takes at most while it is read, compared and recorded, by what its body looks like. Pure.
 *
 * Measured as the peak of a daemon that records a body of which everything is new: 4 bytes a byte for snapshots of 20 to 60 MB
 * with candidates of 4.4 KB. What is small costs more than its text: 46 bytes of a candidate take over 800, and `{}` takes 56.
 */

const BYTES_A_BYTE = 4;
const BYTES_A_CANDIDATE = 1536;
const BYTES_A_VALUE = 48;

/** Up to this size counting is not worth it: the largest such body takes less than a few megabytes. */
const SMALL_BYTES = 64 * 1024;

const CANDIDATE = '"candidate_id"';
const [COMMA, OBJECT, LIST] = [0x2c, 0x7b, 0x5b];

/** Of a body of so many bytes whose content is not known yet. */
export function expectedWeight(bytes: number): number {
  return bytes * BYTES_A_BYTE;
}

/** Of a body that has come whole. Stops counting beyond `limit`. */
export function weighBody(body: Uint8Array, limit: number): number {
  const weight = expectedWeight(body.byteLength);
  if (body.byteLength <= SMALL_BYTES) return weight;
  const values = countValues(body, Math.ceil((limit - weight) / BYTES_A_VALUE));
  const rest = limit - weight - values * BYTES_A_VALUE;
  const candidates = countCandidates(body, Math.ceil(rest / BYTES_A_CANDIDATE));
  return weight + values * BYTES_A_VALUE + candidates * BYTES_A_CANDIDATE;
}

/** At least as many as the JSON has, for what looks like one within a text counts too. */
function countValues(body: Uint8Array, limit: number): number {
  let values = 0;
  for (let at = 0; at < body.byteLength && values <= limit; at++) {
    const byte = body[at];
    if (byte === COMMA || byte === OBJECT || byte === LIST) values += 1;
  }
  return values;
}

function countCandidates(body: Uint8Array, limit: number): number {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let candidates = 0;
  for (
    let at = bytes.indexOf(CANDIDATE);
    at !== -1 && candidates <= limit;
    at = bytes.indexOf(CANDIDATE, at + 1)
  )
    candidates += 1;
  return candidates;
}
