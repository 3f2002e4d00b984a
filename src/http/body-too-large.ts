/** A body is larger than it may be, as it came or decompressed. */
export class BodyTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`a body over ${maxBytes} bytes`);
    this.name = 'BodyTooLarge';
  }
}
