/** Exit codes of the program: BSD sysexits where one fits, documented in README. */
export const EXIT = {
  ok: 0,
  /** `follow` saw an ending other than completed, or a halt. */
  otherEnding: 1,
  /** `test-sink` was not delivered. */
  notDelivered: 1,
  /** A test of `check --online` failed. */
  testFailed: 1,
  /** `healthcheck` did not hear that all is well. */
  notHealthy: 1,
  /** `status` shows something that needs a person. */
  needsAttention: 1,
  /** `reload`: no daemon is running, or one has not taken the configuration over. */
  notReloaded: 1,
  usage: 64,
  /** The address of `http` cannot be had. */
  unavailable: 69,
  internal: 70,
  stateCannotBeMade: 73,
  stateCannotBeWritten: 74,
  keyRefused: 77,
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * A failure that the person at the keyboard can fix. `message` says what is wrong, `hint` what to do.
 * Anything else that reaches the top is a bug and exits with 70.
 */
export class OperatorError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'OperatorError';
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}
