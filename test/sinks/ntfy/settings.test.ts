import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { withSink } from '../sections.ts';

const CANARY = 'c4narySONG';

describe('a topic of ntfy', () => {
  const sink = (settings: string) => withSink(`type: ntfy, ${settings}`);

  it('is masked, and so is its token', () => {
    const loaded = sink('url: "https://ntfy.sh/${T}", token: "${K}"').load({ T: CANARY, K: CANARY });
    expect(loaded.config.sinks).toMatchObject([{ url: `https://ntfy.sh/${CANARY}`, token: CANARY }]);
    const shown = explainConfig(loaded);
    expect(shown).toMatch(/url: "?https:\/\/ntfy\.sh\/\*\*\*/);
    expect(shown).not.toContain(CANARY);
  });

  it.each([
    ['url: "https://ntfy.sh"', 'sinks[0].url', 'the http or https URL of a topic'],
    ['url: "https://ntfy.sh/a b"', 'sinks[0].url', 'the http or https URL of a topic'],
    [`url: "https://ntfy.sh/${'x'.repeat(65)}"`, 'sinks[0].url', 'the http or https URL of a topic'],
    ['url: "https://ntfy.sh/c4narySONG/a b"', 'sinks[0].url', 'the http or https URL of a topic'],
    ['url: "ntfy://x/y"', 'sinks[0].url', 'the http or https URL of a topic'],
    ['url: "https://ntfy.sh/a", token: "c4nary SONG"', 'sinks[0].token', 'an access token'],
    ['url: "https://u:p@ntfy.sh/a", token: c4narySONG', 'sinks[0].token', 'not both'],
  ])('%s is a problem', (settings, key, allowed) => {
    const problems = sink(settings).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${key}: saw`);
    expect(problems[0]).toContain(allowed);
    expect(problems[0]).not.toContain(CANARY);
  });
});
