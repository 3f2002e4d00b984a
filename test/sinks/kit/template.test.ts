// cspell:ignore frob lightho
import type { RunEvent } from '../../../src/run-event.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTemplates, templateProblem } from '../../../src/sinks/kit/template.ts';
import { builtInText } from '../../../src/sinks/kit/document.ts';
import { plainText, withShortValues } from '../../../src/sinks/kit/spans.ts';
import {
  candidateEvent,
  describedCandidate,
  endingEvent,
  EVERY_TYPE,
  keyEvent,
} from '../../builders/event-builders.ts';

const EVENT = candidateEvent('matched', describedCandidate('c1', { name: 'Light\u202eho\u0000use\n"c1"' }));

function rendered(source: string, event: RunEvent = EVENT) {
  expect(templateProblem(source)).toBeNull();
  return createTemplates({ 'findall.*': source })(event.type)?.render(event);
}

function textOf(source: string, event: RunEvent = EVENT): string {
  const result = rendered(source, event);
  return result?.kind === 'text' ? plainText(result.text) : `(${result?.kind ?? 'none'})`;
}

describe('a template', () => {
  it('gives the event in the form a webhook gets', () => {
    const source = '{{ event.type }} {{ event.data.output.height.value }} {{ event.metadata.team }}';
    expect(textOf(source)).toBe('findall.candidate.matched 31 m coast');
    expect(textOf('{{ event.summary.matched_count }}', endingEvent())).toBe('6');
  });

  it('puts values out as one clean line, and distinguishes them from its own words', () => {
    expect(rendered('*{{ event.data.name }}*')).toEqual({
      kind: 'text',
      text: [
        { kind: 'markup', text: '*' },
        { kind: 'text', text: 'Lightho use "c1"' },
        { kind: 'markup', text: '*' },
      ],
    });
  });

  it('takes a moment over with any text of the web', () => {
    const long = Array.from({ length: 400_000 }, (_, place) => `w${place}`).join(' ');
    const many = Array.from({ length: 100_000 }, (_, place) => ({ reasoning: `r${place}` }));
    const event = candidateEvent(
      'matched',
      describedCandidate('c1', { name: long, description: long, basis: many }),
    );
    const startedAt = performance.now();
    for (const source of [
      '{{ event.data.name | split: " " | sort | uniq | join: "," }}',
      '{{ event.data.basis | map: "reasoning" | uniq | sort | join: "," }}',
      '{{ event | json }}',
      '{% assign a = "x,y" | split: "," %}{% for i in (1..40) %}{% assign a = a | concat: a %}{% endfor %}{{ a.size }}',
    ])
      expect(textOf(source, event).length).toBeLessThan(250_000);
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect(textOf('{{ event.data.name | slice: 0, 5 }}', event)).toBe('w0 w1');
  });

  it('writes any value as JSON that gives the same value', () => {
    expect(JSON.parse(textOf('{{ event | json }}'))).toEqual(EVENT);
    expect(textOf('{{ event.data.name | json }}')).not.toMatch(/\p{C}/u);
    expect(textOf('{{ event.nothing | json }}')).toBe('null');
    expect(textOf('{{ event.metadata }}')).toBe('{"team":"coast"}');
  });

  it('makes links of web addresses only', () => {
    expect(rendered('{{ event.data.url | link: "name" }}')).toEqual({
      kind: 'text',
      text: [{ kind: 'link', text: 'name', url: 'https://c1.example/' }],
    });
    const event = candidateEvent('matched', describedCandidate('c1', { url: 'javascript:alert(1)' }));
    expect(rendered('{{ event.data.url | link: "name" }}', event)).toEqual({
      kind: 'text',
      text: [{ kind: 'text', text: 'name' }],
    });
  });

  it.each([
    '{% capture x %}<{{ event.data.name }}>{% endcapture %}{{ x }}',
    '{% assign x = event.data.name | append: ">" | prepend: "<" %}{{ x }}',
    '{% liquid\n assign x = event.data.name\n echo x %}',
    '{% cycle event.data.name, "x" %}',
    '{{ event.data.name | split: "" | join: "" }}',
  ])('cannot pass what the web wrote for its own words: %s', (source) => {
    const result = rendered(source);
    expect(result?.kind === 'text' && result.text.filter(({ kind }) => kind === 'markup')).toEqual([]);
  });

  it('drops what the lines of tags leave behind', () => {
    expect(textOf('\n{% if event %}  \n\n\na  \n\n\n\nb\n{% endif %}\n')).toBe('a\n\nb');
  });

  it('that says nothing is blank', () => {
    expect(rendered('{% if event.nothing %}x{% endif %}\n')).toEqual({ kind: 'blank' });
    expect(createTemplates({ 'findall.*': ' \n' })('findall.run.completed')?.isBlank).toBe(true);
  });
});

describe('which template', () => {
  it('is the exact type’s, else that of the longest family, else none', () => {
    const templateOf = createTemplates({
      'findall.*': 'any',
      'findall.candidate.*': 'candidate',
      'findall.candidate.matched': 'match',
    });
    const said = [EVENT, candidateEvent('enriched'), keyEvent('blocked')].map((event) =>
      templateOf(event.type)?.render(event),
    );
    expect(said).toEqual(
      ['match', 'candidate', 'any'].map((text) => ({ kind: 'text', text: [{ kind: 'markup', text }] })),
    );
    expect(createTemplates({ 'findall.run.*': 'run' })('findall.runs')).toBeNull();
  });
});

describe('a template reaches', () => {
  it.each([
    '{{ constructor }}{{ event.constructor }}{{ event.constructor.constructor }}',
    '{{ event.__proto__ }}{{ event.data.__proto__.polluted }}{{ __proto__ }}',
    '{{ event.toString }}{{ event.data.name.constructor }}{{ event.hasOwnProperty }}',
    '{{ process.env.PATH }}{{ global }}{{ globalThis }}{{ require }}',
    '{% assign k = "constructor" %}{{ event[k] }}{{ event.data[k][k] }}',
  ])('nothing beyond the event: %s', (source) => {
    expect(rendered(source)).toEqual({ kind: 'blank' });
  });

  it.each([
    "{% include '/etc/passwd' %}",
    "{% render '/etc/passwd' %}",
    "{% layout '/etc/passwd' %}",
    '{% include event.data.name %}',
    '{% block x %}{% endblock %}',
    '{{ event.data.name | raw }}',
  ])('no file and no other template, nor lets a value go out raw: %s', (source) => {
    expect(templateProblem(source)).toMatch(
      /^(?:tag "\w+" not found|undefined filter: raw), line 1, col \d+$/,
    );
  });
});

describe('a template that goes on for ever', () => {
  it.each([
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% for i in (1..100000000) %}{% endfor %}',
    '{% for i in (1..2000) %}{% for j in (1..2000) %}{% for k in (1..2000) %}x{% endfor %}{% endfor %}{% endfor %}',
    '{% for i in (1..100000) %}{{ event.data | json }}{% endfor %}',
    '{% assign a = "xxxxxxxx" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}',
    '{{ event.timestamp | date: "%999999999d" }}',
  ])('is stopped: %s', (source) => {
    const start = performance.now();
    expect(rendered(source)).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/limit|long/) });
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('is refused when it is itself too long', () => {
    expect(templateProblem('x'.repeat(30_000))).toContain('parse length limit exceeded');
  });
});

describe('what is wrong with a template', () => {
  it.each([
    ['{{ event.data.name', 'output … not closed, line 1, col 1'],
    ['a\n{% if event %}', 'tag … not closed, line 2, col 1'],
    ['a\n\n{{ event | frob }}', 'undefined filter: frob, line 3, col 1'],
    ['{% frob %}', 'tag "frob" not found, line 1, col 1'],
  ])('is reported with its line, not with its text: %j', (source, problem) => {
    expect(templateProblem(source)).toBe(problem);
  });

  it('is found for any text without throwing, and what is not wrong renders', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        '{% for x in event %}',
        '{% endfor %}',
        '{{ event | sort }}',
        '|',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const source = pieces.join('');
        const kinds = templateProblem(source) === null ? ['text', 'blank', 'failed'] : ['failed'];
        expect(kinds).toContain(createTemplates({ 'findall.*': source })(EVENT.type)?.render(EVENT).kind);
      }),
      { numRuns: 500 },
    );
  });
});

describe('{{ builtin }}', () => {
  it('is the built-in message, with its links, between the operator’s words', () => {
    const source = '<b>New</b>\n{{ builtin }}\nTeam: {{ event.metadata.team }}';
    const result = rendered(source, candidateEvent());
    const text = result?.kind === 'text' ? result.text : [];
    expect(text[0]).toEqual({ kind: 'markup', text: '<b>New</b>\n' });
    expect(text).toContainEqual(expect.objectContaining({ kind: 'link', url: 'https://c1.example/' }));
    const said = plainText(text);
    expect(said).toMatch(/^<b>New<\/b>\n✔ Lighthouse c1 \(https:\/\/c1\.example\/\)\nA lighthouse/);
    expect(said).toMatch(/\nTeam: coast$/);
  });

  it('is a text for filters, and for JSON', () => {
    expect(textOf('{{ builtin | split: " (" | first }}', candidateEvent())).toBe('✔ Lighthouse c1');
    const written = textOf('{"text": {{ builtin | json }}}');
    expect(JSON.parse(written)).toEqual({ text: textOf('{{ builtin }}') });
  });

  it('is a text once it is captured, and as the name of a link', () => {
    const said = textOf('{{ builtin }}', candidateEvent()).replaceAll('\n', ' ');
    expect(textOf('{% capture c %}{{ builtin }}{% endcapture %}{{ c }}', candidateEvent())).toBe(said);
    expect(textOf('{{ event.data.url | link: builtin }}', candidateEvent())).toContain(said);
  });

  it('counts against the limits of a template like any text', () => {
    const source = '{% for i in (1..12000) %}{{ builtin }}{% endfor %}';
    expect(rendered(source, candidateEvent())).toMatchObject({ kind: 'failed' });
  });

  it('says of every type what is said without a template', () => {
    for (const event of EVERY_TYPE) {
      const result = rendered('{{ builtin }}', event);
      expect(result?.kind === 'text' && plainText(result.text)).toBe(plainText(builtInText(event)));
    }
  });
});

describe('values that are too long', () => {
  const span = fc.oneof(
    fc.record({ kind: fc.constant('markup' as const), text: fc.string({ minLength: 1, maxLength: 60 }) }),
    fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1, maxLength: 900 }) }),
  );

  it('are cut, and the operator’s markup never is', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 20 }), fc.integer({ min: 1, max: 1000 }), (spans, length) => {
        const shorter = withShortValues(spans, length);
        expect(shorter.map(({ kind }) => kind)).toEqual(spans.map(({ kind }) => kind));
        for (const [index, { kind, text }] of shorter.entries()) {
          const isKept = kind === 'markup' ? text === spans[index]?.text : text.length <= length;
          expect(isKept).toBe(true);
        }
      }),
    );
  });
});
