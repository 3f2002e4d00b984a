import { randomUUID } from 'node:crypto';
import { openStore } from '../../../src/record/open-store.ts';
import { describeStore } from './store-contract.ts';
import { makeStateFile } from '../../builders/temp-store.ts';
import { makeTempDirectory, removeTempDirectory } from '../../support/temp-directory.ts';

describeStore('in a SQLite file', async () => {
  const directory = await makeTempDirectory();
  const path = await makeStateFile(directory);
  const another = async () => openStore(path, randomUUID);
  return {
    store: await another(),
    another,
    async cleanup(passed) {
      if (passed) await removeTempDirectory(directory);
    },
  };
});
