/** Loaded before the program: once the program has begun, by listening for SIGUSR1, this opens all files that it may open. */
import { openSync } from 'node:fs';

process.on('newListener', (name) => {
  if (name !== 'SIGUSR1') return;
  try {
    for (;;) openSync('/dev/null', 'r');
  } catch {
    // Now there is none left.
  }
});
