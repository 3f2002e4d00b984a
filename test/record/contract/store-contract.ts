/**
 * What every implementation of the seam `Store` must do, in sentences. A new engine joins by calling `describeStore`
 * from a test file of its own; nothing in the contract may know which engine it runs on.
 */
import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../../src/record/store.ts';
import { contractOfClaims } from './claims.ts';
import { contractOfDeclarations, contractOfReloads } from './declaration.ts';
import { contractOfDeliveries } from './deliveries.ts';
import { contractOfDeliveryLeases } from './delivery-leases.ts';
import { contractOfHistory } from './history.ts';
import { contractOfKey } from './key.ts';
import { contractOfOutbox } from './outbox.ts';
import { contractOfMessages } from './messages.ts';
import { contractOfPacing } from './pacing.ts';
import { contractOfRecords } from './records.ts';
import { contractOfRegistry } from './registry.ts';
import { contractOfRetention } from './retention.ts';
import { contractOfSchemas } from './schemas.ts';
import { contractOfSinks } from './sinks.ts';
import { contractOfSupersession } from './supersede.ts';
import { contractOfUpkeep } from './upkeep.ts';
import type { Bench } from './bench.ts';

/** An empty store made for one test. */
export interface OpenedStore {
  store: Store;
  /** A second way in to the same data, as another process has. Closed by the test that asked for it. */
  another(): Promise<Store>;
  /** Called once the store is closed. */
  cleanup(passed: boolean): Promise<void>;
}

export function describeStore(where: string, open: () => Promise<OpenedStore>): void {
  describe(`the store ${where}`, () => {
    let opened: OpenedStore;
    const bench: Bench = {
      get store() {
        return opened.store;
      },
      async reopen() {
        await opened.store.close();
        opened.store = await opened.another();
        return opened.store;
      },
    };

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(async ({ task }) => {
      await opened.store.close();
      await opened.cleanup(task.result?.state !== 'fail');
    });

    describe('the registry', () => {
      contractOfRegistry(bench);
    });
    describe('pacing', () => {
      contractOfPacing(bench);
    });
    describe('declarations', () => {
      contractOfDeclarations(bench);
    });
    describe('reloads', () => {
      contractOfReloads(bench);
    });
    describe('sinks', () => {
      contractOfSinks(bench);
    });
    describe('claiming runs', () => {
      contractOfClaims(bench);
    });
    describe('the schemas of runs', () => {
      contractOfSchemas(bench);
    });
    describe('recording a poll', () => {
      contractOfRecords(bench);
    });
    describe('claiming and settling deliveries', () => {
      contractOfDeliveries(bench);
    });
    describe('the leases of deliveries', () => {
      contractOfDeliveryLeases(bench);
    });
    describe('messages that carry a part of what was claimed', () => {
      contractOfMessages(bench);
    });
    describe('the outbox by hand', () => {
      contractOfOutbox(bench);
    });
    describe('pending enrichments', () => {
      contractOfSupersession(bench);
    });
    describe('the breaker of the key', () => {
      contractOfKey(bench);
    });
    describe('pruning', () => {
      contractOfRetention(bench);
    });
    describe('upkeep', () => {
      contractOfUpkeep(bench);
    });
    describe('the history', () => {
      contractOfHistory(bench);
    });
  });
}
