/** Opens and closes the store of every path it hears, and says how that went. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openStore } from '../../../../src/record/open-store.ts';

process.stdout.write('ready\n');
for await (const path of createInterface({ input: process.stdin })) {
  try {
    const store = await openStore(path, randomUUID);
    await store.runs();
    await store.close();
    process.stdout.write('opened\n');
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  }
}
