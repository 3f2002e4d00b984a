/** What the help of `serve` says after its example. */
export const SERVE_NOTES = `
A start declares the configuration for all processes that use the same store.
Signals: SIGHUP reads the configuration again and declares it, SIGUSR2 logs the
status, SIGTERM and SIGINT stop the daemon.

Exit codes: 0 stopped, 64 wrong usage, 69 the address of http is not available,
70 defect of the program, 73 the store cannot be created, 74 the store cannot be
read or written, 78 wrong configuration. A refused API key pauses polling: the
event findall.key.blocked says so.
`;
