/** Makes one database after the other in a directory, without end, saying the path of each before it begins. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../../src/record/open-store.ts';

const [directory = '.'] = process.argv.slice(2);
for (let made = 0; ; made += 1) {
  const path = join(directory, `${made}.db`);
  writeSync(1, `${path}\n`);
  const store = await openStore(path, randomUUID);
  await store.close();
}
