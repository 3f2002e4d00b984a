import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { harmlessJson } from '../../src/text/harmless-json.ts';
import { compactSource } from '../../src/text/json-source.ts';

/** Bodies as the API may send them: what jq 1.6 stopped at, what it might take for the end of a line, and digits beyond a double. */
const BODIES = [
  String.raw`{ "name": "half \ud800 a pair", "n": 9007199254740993123 }`,
  String.raw`{"name": "\udc00", "list": [1.10, 1e400, -0]}`,
  '{"name": "line\u2028 and \u2029 separators, \u202e turned, \u0085 next line"}',
  '{\r\n  "pretty": "printed",\r\n  "2": 1, "1": 2\r\n}',
  String.raw`{"name": "\u0000\u001b[31m\u007f"}`,
];

it('jq reads every line that a sink writes, with any answer of the API', () => {
  const lines = BODIES.map((body) => harmlessJson(compactSource(body, JSON.parse(body) as unknown)));
  const input = lines.map((line) => `${line}\n`).join('');

  const { status, stdout, stderr } = spawnSync('jq', ['-c', 'keys_unsorted'], { input, encoding: 'utf8' });

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toEqual([
    '["name","n"]',
    '["name","list"]',
    '["name"]',
    '["pretty","2","1"]',
    '["name"]',
  ]);
  expect(lines[0]).toContain('9007199254740993123');
});
