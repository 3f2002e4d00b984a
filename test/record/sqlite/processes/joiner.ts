/** For every name it hears, opens the store as that owner and says whether a lock shows it alive; then closes it. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openOwnedStore } from '../../../../src/record/open-store.ts';

const [path = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
for await (const owner of createInterface({ input: process.stdin })) {
  try {
    const store = await openOwnedStore(path, owner, randomUUID);
    const shown = existsSync(join(`${path}.owners`, `${owner}.lock`));
    await store.close();
    process.stdout.write(shown ? 'shown\n' : 'not shown\n');
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  }
}
