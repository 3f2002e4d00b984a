import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openStore } from '../../src/record/open-store.ts';
import { describeStore } from './store-contract.ts';
import { makeTempDirectory, removeTempDirectory } from './temp-store.ts';

describeStore('in a SQLite file', async () => {
  const directory = await makeTempDirectory();
  const another = async () => openStore(join(directory, 'watch.db'), randomUUID);
  return {
    store: await another(),
    another,
    async cleanup(passed) {
      if (passed) await removeTempDirectory(directory);
    },
  };
});
