// cspell:ignore htlm
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/errors.ts';
import { FAULT_USAGES, parseFault } from '../../../src/simulator/faults/parse-fault.ts';

function refusalOf(text: string): OperatorError {
  try {
    parseFault(text);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was read as a fault`);
}

describe('a fault as text', () => {
  test.each([
    ['status:503', '*', { kind: 'status', status: 503 }],
    ['status:429:retry-after=2', '*', { kind: 'status', status: 429, retryAfter: '2' }],
    ['status:404:body=detail:times=3', '*', { kind: 'status', status: 404, body: 'detail', times: 3 }],
    ['torn-json', '*', { kind: 'torn-json' }],
    ['findall_x=html', 'findall_x', { kind: 'html' }],
    ['*=reset:probability=0.25', '*', { kind: 'reset', probability: 0.25 }],
    ['findall_x=stale:30s:times=1', 'findall_x', { kind: 'stale', byMs: 30_000, times: 1 }],
    ['slow-headers:1500', '*', { kind: 'slow-headers', ms: 1_500 }],
    ['vanish:0.5', '*', { kind: 'vanish', share: 0.5 }],
    ['oversize:1000000', '*', { kind: 'oversize', bytes: 1_000_000 }],
    [
      'redirect:https://elsewhere.example:8443/a?b=c:times=2',
      '*',
      { kind: 'redirect', location: 'https://elsewhere.example:8443/a?b=c', times: 2 },
    ],
  ])('%s is read', (text, target, fault) => {
    expect(parseFault(text)).toEqual({ target, fault });
  });

  test.each([
    ['', 'there is no fault ""'],
    ['htlm', 'there is no fault "htlm"'],
    ['status', 'write status:503'],
    ['status:teapot', 'write status:503'],
    ['html:now', 'write html'],
    ['vanish:2', 'write vanish:0.3'],
    ['html:times=0', '"times=0" does not fit html'],
    ['html:retry-after=2', '"retry-after=2" does not fit html'],
    ['constructor', 'there is no fault "constructor"'],
  ])('%j is refused with the reason and the list of kinds', (text, reason) => {
    const refusal = refusalOf(text);
    expect(refusal.message).toContain(reason);
    for (const usage of FAULT_USAGES) expect(refusal.hint).toContain(usage);
  });

  test('every listed usage can be read once its optional parts are left out', () => {
    for (const usage of FAULT_USAGES) {
      const text = usage.replaceAll(/\[[^\]]*\]/g, '');
      expect(parseFault(text).fault.kind).toBe(text.split(':')[0]);
    }
  });
});
