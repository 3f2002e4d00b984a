import { expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../../support/servers/forward-proxy.ts';
import { openSandbox } from '../../../support/program-sandbox.ts';

async function openProxy() {
  const proxy = await startForwardProxy();
  onTestFinished(() => proxy.close());
  return proxy;
}

test('polls go through the proxy of the environment where Node is configured to take it, and nowhere else', async () => {
  const proxy = await openProxy();
  const env = { HTTP_PROXY: proxy.origin, NODE_USE_ENV_PROXY: '1' };
  const { start, ids, simulator } = await openSandbox({ scenarios: ['never-ends'], env });
  const daemon = start(['serve', ids[0]]);
  await daemon.says('match found');
  expect(proxy.seen.some(({ target }) => `${target} `.includes(new URL(simulator.url).host))).toBe(true);
});

test('without that the environment has no say in it', async () => {
  const proxy = await openProxy();
  const { start, ids } = await openSandbox({ scenarios: ['never-ends'], env: { HTTP_PROXY: proxy.origin } });
  const daemon = start(['serve', ids[0]]);
  await daemon.says('match found');
  expect(proxy.seen).toEqual([]);
});

test('what a proxy of the environment refuses is said to be refused by it', async () => {
  const proxy = await openProxy();
  proxy.fault = { status: 407 };
  const env = { HTTP_PROXY: proxy.origin, NODE_USE_ENV_PROXY: '1' };
  const { start, ids } = await openSandbox({ scenarios: ['never-ends'], env });
  const tracking = start(['track', ids[0]]);
  await tracking.exited;
  expect(tracking.stderr()).toContain(
    'the proxy of the environment wants a login: check its credentials (HTTP 407)',
  );
});
