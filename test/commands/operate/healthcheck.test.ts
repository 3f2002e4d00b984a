import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startWatchedDaemon } from '../../observe/watched-daemon.ts';
import { openSandbox } from '../../support/program-sandbox.ts';

describe('healthcheck', () => {
  test('ends with 0 while the daemon lives and with 1 when it is gone', async () => {
    const { url, run, daemon } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const env = { FINDALL_WATCH_HTTP_PORT: new URL(url).port };
    expect(await run(['healthcheck'], env)).toMatchObject({ code: 0, stdout: 'ok\n', stderr: '' });
    daemon.kill('SIGKILL');
    await daemon.exited;
    expect(await run(['healthcheck'], env)).toMatchObject({
      code: 1,
      stderr: `findall-watch: no daemon answers on 127.0.0.1 port ${new URL(url).port}: ECONNREFUSED\n`,
    });
  });

  test('ends with 1 when http is off, when the answer is bad news, and when it is nobody of ours', async () => {
    let answer = { status: 503, text: 'scheduler: no round for 42 s\n\u001b[31m' };
    const other = createServer((_, response) => response.writeHead(answer.status).end(answer.text));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { run } = await openSandbox({ scenarios: ['never-ends'] });
    const env = { FINDALL_WATCH_HTTP_PORT: String((other.address() as AddressInfo).port) };
    expect(await run(['healthcheck'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('http is off') as string,
    });
    expect(await run(['healthcheck'], env)).toMatchObject({
      code: 1,
      stderr: 'findall-watch: the daemon is not well: scheduler: no round for 42 s; ?[31m\n',
    });
    answer = { status: 200, text: '<html>' };
    expect(await run(['healthcheck'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no findall-watch') as string,
    });
  });
});
