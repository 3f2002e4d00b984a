import {
  assert,
  constantFrom,
  dictionary,
  json,
  jsonValue,
  letrec,
  oneof,
  property,
  record,
  string,
} from 'fast-check';
import { expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { OperatorError } from '../../../src/errors.ts';
import { ConfigHarness } from '../config-harness.ts';

/** Trees that use the real words, so that they get past the first check, with anything as a value. */
const { tree } = letrec((tie) => ({
  tree: dictionary(
    constantFrom(
      'api',
      'poll',
      'runs',
      'sinks',
      'store',
      'log',
      'key',
      'path',
      'lease',
      'interval',
      'secret',
      'name',
    ),
    oneof({ maxDepth: 3 }, tie('value'), tie('tree')),
    { maxKeys: 4 },
  ),
  value: oneof(
    jsonValue(),
    constantFrom('10s', '0', 0, '${HOME}', '$${', '${', '${NOWHERE}', 'findall_a', [
      { name: 'a', type: 'webhook' },
    ]),
  ),
}));

it('with any file, it is taken or refused, never a crash', () => {
  const harness = new ConfigHarness();
  const flags = record({ interval: string(), store: string(), baseUrl: string() }, { requiredKeys: [] });
  const text = oneof(
    tree.map((each) => JSON.stringify(each)),
    json(),
    string(),
  );
  assert(
    property(text, flags, (yaml, given) => {
      harness.write('config/findall-watch.yaml', yaml);
      try {
        expect(explainConfig(harness.load({}, given))).toContain('# file: ');
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
