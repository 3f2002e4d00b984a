// cspell:ignore trun
import { describe, expect, it } from 'vitest';
import { parseRunId, RUN_ID_EXAMPLE } from '../../../src/config/forms/run-id.ts';

const ID = RUN_ID_EXAMPLE;

describe('the id of a run', () => {
  it.each([
    ['as it is', ID],
    ['in upper case', ID.toUpperCase()],
    ['with a capital letter, as a phone begins a sentence', `F${ID.slice(1)}`],
    ['with upper-case digits', `findall_${ID.slice(8).toUpperCase()}`],
    ['with spaces around it', `  ${ID}\t`],
    ['with a line break behind it', `${ID}\r\n`],
    ['with a no-break space and a zero-width space', `\u00a0${ID}\u200b`],
    ['in double quotes', `"${ID}"`],
    ['in single quotes', `'${ID}'`],
    ['in typographic quotes', `“${ID}”`],
    ['in backticks', `\`${ID}\``],
    ['with the comma of a list', `"${ID}",`],
    ['in angle brackets', `<${ID}>`],
    ['as a page of the platform', `https://platform.parallel.ai/find-all/${ID}`],
    ['as a page with a query', `https://platform.parallel.ai/play/find-all?run=${ID}&tab=matches`],
    ['as a page with a fragment', `https://platform.parallel.ai/find-all#${ID}`],
    ['as a URL of the API', `https://api.parallel.ai/v1beta/findall/runs/${ID}/result`],
    ['as a URL in upper case', `HTTPS://API.PARALLEL.AI/V1BETA/FINDALL/RUNS/${ID.toUpperCase()}`],
    ['as a URL of a simulator', `http://127.0.0.1:4010/v1beta/findall/runs/${ID}`],
    ['as a URL in quotes', `"https://platform.parallel.ai/find-all/${ID}/"`],
    ['as a URL without a scheme', `platform.parallel.ai/find-all/${ID}`],
    ['as a URL that names it twice', `https://platform.parallel.ai/find-all/${ID}?id=${ID}`],
  ])('is read %s', (_, text) => {
    expect(parseRunId(text)).toBe(ID);
  });

  it.each(['findall_a', 'findall_9999', 'findall_run-one_2', 'findall_aBcD', `findall_${'x'.repeat(120)}`])(
    'may be unusual, such as %s, and keeps its letters',
    (id) => {
      expect(parseRunId(id)).toBe(id);
      expect(parseRunId(`https://api.parallel.ai/v1beta/findall/runs/${id}/result`)).toBe(id);
    },
  );

  it.each([
    ['nothing', ''],
    ['quotes without an id', '""'],
    ['another word', 'foo'],
    ['the prefix alone', 'findall_'],
    ['an id without the prefix', ID.slice(8)],
    ['the id of a task', 'trun_40e0ab8c10754be0b7a16477abb38a2f'],
    ['two ids', `${ID} findall_b`],
    ['words around an id', `run ${ID}`],
    ['a character that no id has', 'findall_a/b'],
    ['a way out of the path', '../findall_a'],
    ['a pattern', 'findall_*'],
    ['more than 128 characters', `findall_${'x'.repeat(121)}`],
    ['a URL without an id', 'https://platform.parallel.ai/find-all'],
    ['a URL with two ids', `https://platform.parallel.ai/compare/${ID}/findall_b`],
    ['a URL with an id that is too long', `https://platform.parallel.ai/findall_${'x'.repeat(121)}`],
    ['a URL with the id of something else', 'https://platform.parallel.ai/myfindall_a'],
  ])('is not read out of %s', (_, text) => {
    expect(parseRunId(text)).toBeNull();
  });
});
