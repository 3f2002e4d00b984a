import { describe, expect, it } from 'vitest';
import type { PollAnswer } from '../../../src/poll/source.ts';
import { ask, KEY, listen } from './raw-server.ts';

/** What is made of an error with this body. */
async function refusedWith(status: number, body: unknown): Promise<PollAnswer> {
  const { url } = await listen((_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return await ask(url);
}

describe('an error body', () => {
  it.each([
    [
      'the API’s',
      { type: 'error', error: { ref_id: 'r-1', message: 'Run not found' } },
      'HTTP 404: Run not found',
      'r-1',
    ],
    [
      'the API’s without type',
      { error: { message: 'No such run', detail: {} } },
      'HTTP 404: No such run',
      undefined,
    ],
    [
      'a list of details',
      { detail: [{ loc: ['path'], msg: 'bad id', type: 't' }] },
      'HTTP 404: bad id',
      undefined,
    ],
  ])('in the shape of %s denies the run', async (_, body, reason, refId) => {
    expect(await refusedWith(404, body)).toEqual({
      kind: 'gone',
      status: 404,
      reason,
      ...(refId === undefined ? {} : { refId }),
    });
  });

  it.each([
    ['a text as detail, as frameworks send it', { detail: 'Not Found' }, 'HTTP 404: Not Found'],
    ['a message', { message: 'no route' }, 'HTTP 404: no route'],
    ['a page', '<html>nginx</html>', 'HTTP 404: <html>nginx</html>'],
    ['nothing', '', 'HTTP 404'],
    ['null', 'null', 'HTTP 404: null'],
    ['other things', { error: 'x', detail: [null, 7] }, 'HTTP 404'],
    ['several lines and colours', { message: 'a\n\n\u001b[31mb\u202e\tc ' }, 'HTTP 404: a [31mb c'],
  ])('in the shape of %s is an outage, and is quoted with the host', async (_, body, said) => {
    const answer = await refusedWith(404, body);
    expect(answer).toEqual({
      kind: 'unavailable',
      status: 404,
      reason: expect.stringMatching(
        /^http:\/\/127\.0\.0\.1:\d+ does not answer like the FindAll API; check PARALLEL_BASE_URL \(/,
      ),
    });
    expect(answer).toHaveProperty('reason', expect.stringContaining(`PARALLEL_BASE_URL (${said})`));
  });

  it.each([408, 429, 500, 503])('of a gateway with status %i names the host alone', async (status) => {
    const answer = await refusedWith(status, 'busy');
    expect(answer).toHaveProperty(
      'reason',
      expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:\\d+: HTTP ${status}: busy$`)),
    );
  });

  it.each([401, 402, 403])('of a gateway with status %i names the host too', async (status) => {
    const answer = await refusedWith(status, '<html>Sign in</html>');
    expect(answer).toHaveProperty(
      'reason',
      expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:\\d+: HTTP ${status}: <html>`)),
    );
  });

  it('that quotes the key has it masked', async () => {
    const answer = await refusedWith(401, { error: { ref_id: `r ${KEY}`, message: `bad key ${KEY}!` } });
    expect(answer).toMatchObject({ kind: 'unauthorized', reason: 'HTTP 401: bad key ***!' });
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });

  it('that quotes the key where the text is cut shows no part of it', async () => {
    for (let before = 170; before < 200; before++) {
      const answer = await refusedWith(401, { error: { message: `${'x'.repeat(before)}${KEY}` } });
      expect(JSON.stringify(answer)).not.toContain(KEY.slice(0, 3));
    }
  });

  it('of any size costs no more than its beginning', async () => {
    const { url } = await listen((_, response) => {
      response.writeHead(404);
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', pour);
      pour();
    });
    const reason = `${url} does not answer like the FindAll API; check PARALLEL_BASE_URL (HTTP 404)`;
    expect(await ask(url)).toEqual({ kind: 'unavailable', status: 404, reason });
  });

  it('that stalls does not hide the status', async () => {
    const { url } = await listen((_, response) => {
      response.writeHead(403, { 'content-length': '100' }).write('{');
    });
    // Long enough for the headers on a busy machine.
    expect(await ask(url, { timeoutMs: 1500 })).toMatchObject({ kind: 'unauthorized', status: 403 });
  });
});
