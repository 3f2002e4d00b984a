/**
 * How many bytes of memory an answer takes at most while it is read, compared and recorded. Pure.
 *
 * Measured as the peak of a daemon that records a body of which everything is new: 4 bytes a byte for snapshots of 20 to 60 MB
 * with candidates of 4.4 KB. What is small costs more than its text: 46 bytes of a candidate take over 800, and `{}` takes 56.
 */

const BYTES_A_BYTE = 4;
const BYTES_A_CANDIDATE = 1536;
const BYTES_A_VALUE = 48;

/** Up to this size counting is not worth it: the largest such body takes less than a few megabytes. */
const SMALL_BYTES = 64 * 1024;

/** How many of two bytes are followed by a value: `,`, `{` and `[`. Two at a time takes a third of the time. */
const VALUES_OF_PAIR = Uint8Array.from({ length: 65_536 }, (_, pair) => {
  const bytes = String.fromCharCode(pair & 255, pair >> 8);
  return bytes.length - bytes.replaceAll(/[,{[]/g, '').length;
});

/** Of a body of so many bytes whose content is not known yet. */
export function expectedWeight(bytes: number): number {
  return bytes * BYTES_A_BYTE;
}

/**
 * Of reading a body that has come whole. What looks like a value within a text counts too. Takes 0.4 ms a megabyte: a snapshot of
 * 4.5 MB is recorded 8 % slower.
 */
export function weighBody(body: Uint8Array): number {
  const weight = expectedWeight(body.byteLength);
  if (body.byteLength <= SMALL_BYTES) return weight;
  // A byte before the first pair and one behind the last may be left out.
  let values = 2;
  const start = body.byteOffset % 2;
  const pairs = new Uint16Array(body.buffer, body.byteOffset + start, (body.byteLength - start) >> 1);
  // Not `for … of`, which takes seven times as long.
  for (let at = 0; at < pairs.length; at += 1) values += VALUES_OF_PAIR[pairs[at] as number] as number;
  return weight + values * BYTES_A_VALUE;
}

/** Of comparing and recording so many candidates that have been read. */
export function weighCandidates(count: number): number {
  return count * BYTES_A_CANDIDATE;
}
