import type { Message } from './message.ts';

/** How a service says a message. Each sink that people read is a dialect of the same document. */
export interface Dialect<Rendered> {
  /** The message in the form of the service. It may be too large; what cannot be cut by the packer is cut here. */
  render(message: Message): Rendered;
  /** Whether the service takes it: its documented limits, markup of the operator included. */
  fits(rendered: Rendered): boolean;
  /** How many events one message can name at most. A claim takes no more. */
  mostPerMessage: number;
}
