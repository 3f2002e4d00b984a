import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../../src/config/explain-config.ts';
import { configured } from '../../config/config-harness.ts';

const CANARY = 'c4narySONG';

function withHeaders(headers: string, url = 'https://x.example') {
  return configured(`sinks: [{ name: a, type: webhook, url: "${url}", headers: ${headers} }]`);
}

describe('headers of a webhook', () => {
  it('are taken with values from the environment', () => {
    const harness = withHeaders('{ X-Api-Key: "${K}", authorization: Bearer t }');
    expect(harness.load({ K: CANARY }).config.sinks).toMatchObject([
      { format: 'json', headers: { 'X-Api-Key': CANARY, authorization: 'Bearer t' } },
    ]);
  });

  it('are shown by name and origin, their values masked', () => {
    const loaded = withHeaders('{ X-Api-Key: "${K}" }').load({ K: CANARY });
    const shown = explainConfig(loaded);
    expect(shown).toMatch(
      / {4}headers:\n {6}X-Api-Key: "?\*\*\*"? {2}# config\/findall-watch\.yaml:1 with env K\n/,
    );
    expect(shown + JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]])).not.toContain(CANARY);
  });

  it.each([
    ['{ "X Y": c4narySONG }', 'a header name'],
    ['{ "": c4narySONG }', 'a header name'],
    ['{ "X: Y": c4narySONG }', 'a header name'],
    ['{ X: "c4narySONG\\r\\nEvil: x" }', 'visible ASCII'],
    ['{ X: "c4narySONG ü" }', 'visible ASCII'],
    ['{ X: " c4narySONG" }', 'visible ASCII'],
    ['{ X: "" }', 'visible ASCII'],
    ['{ X: [c4narySONG] }', 'visible ASCII'],
    ['{ Content-Type: c4narySONG }', 'do not set themselves'],
    ['{ webhook-id: c4narySONG }', 'do not set themselves'],
    ['{ Webhook-Signature: c4narySONG }', 'do not set themselves'],
    ['{ Transfer-Encoding: c4narySONG }', 'do not set themselves'],
    ['{ X-A: c4narySONG1, x-a: c4narySONG2 }', 'each header once'],
    ['c4narySONG', 'a map of names and values'],
    ['[c4narySONG]', 'a map of names and values'],
  ])('%s is a problem that shows no value', (headers, allowed) => {
    const problems = withHeaders(headers).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('sinks[0].headers');
    expect(problems[0]).toContain(allowed);
    expect(problems[0]).not.toContain(CANARY);
    expect(problems[0]).not.toMatch(/[\r\n]/);
  });

  it('cannot hold an authorization beside credentials in the URL', () => {
    const [problem, ...others] = withHeaders(
      `{ Authorization: Bearer ${CANARY} }`,
      `https://u:${CANARY}@x.example`,
    ).problems();
    expect(problem).toMatch(/^sinks\[0\]\.headers\.Authorization: saw \*\*\*; allowed: .*not both/);
    expect(others).toEqual([]);
  });

  it('are hidden in a value that is shown', () => {
    const harness = configured(
      `log: { level: ${CANARY} }\nsinks: [{ name: a, type: webhook, url: "https://x.example", headers: { X: ${CANARY} } }]`,
    );
    expect(harness.problems().join('\n')).not.toContain(CANARY);
  });
});
