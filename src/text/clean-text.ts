import { beginningOf, textSize } from './cut-text.ts';

/** Scripts whose spelling needs joiners: between their letters one is a part of the word (Unicode 17, 23.2). */
const JOINING = [
  ...['Arabic', 'Syriac', 'Mandaic', 'Mongolian', 'Nko', 'Phags_Pa', 'Adlam'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam'],
  ...['Sinhala', 'Khmer', 'Myanmar', 'Tibetan', 'Balinese', 'Javanese', 'Sundanese'],
]
  .map((script) => String.raw`\p{Script=${script}}`)
  .join('');

/**
 * What is invisible and belongs to what is seen: a joiner between letters of a script that needs it, a joiner between two
 * emoji, and the letters of a region behind a black flag (UTS #51). Anywhere else these deceive: two names look the same.
 */
const SPELLING = [
  String.raw`(?<=[${JOINING}])[\u200c\u200d](?=[${JOINING}])`,
  String.raw`(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=\u{1f3f4})[\u{e0061}-\u{e007a}]{2}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,3}\u{e007f}`,
].join('|');

/** The tags block as a whole: its unassigned code points are no format characters by name, and as invisible. */
const INVISIBLE = String.raw`[\p{Cf}\p{Co}\p{Cs}\u{e0000}-\u{e0fff}]`;
/** Most texts hold none: looking at what is around each character takes longer. */
const HAS_INVISIBLE = new RegExp(INVISIBLE, 'u');
const NOT_SPELLING = new RegExp(`(${SPELLING})|${INVISIBLE}`, 'gu');

/**
 * Text from the web for a terminal: one line, no control or format characters (escape sequences, bidi overrides,
 * zero-width) but those that its spelling needs, at most `length` code points with "…" where it was cut.
 */
export function cleanText(text: string, length = Infinity): string {
  const seen = HAS_INVISIBLE.test(text)
    ? text.replaceAll(NOT_SPELLING, (_, spelling: string | undefined) => spelling ?? '')
    : text;
  const line = seen
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    // More marks than any script stacks: they would spill over the lines above and below.
    .replaceAll(/(\p{M}{4})\p{M}+/gu, '$1')
    .trim();
  if (line.length <= length || textSize(line, 'chars') <= length) return line;
  // A joiner at the end joins nothing.
  return `${beginningOf(line, length - 1, 'chars').replace(/[\u200c\u200d]$/, '')}…`;
}

/** Any JSON as clean text: texts as they are, nothing for null and absent, the rest as it is written in JSON. */
export function cleanJson(value: unknown, length: number): string {
  if (value === undefined || value === null) return '';
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value), length);
}

/** `url` when it is a web link that is safe to show and click, with a scheme put before a bare host; else null. */
export function webLink(url: string): string | null {
  const text = cleanText(url);
  const candidate =
    /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[\w.-]+:\d+/.test(text) ? text : `https://${text}`;
  try {
    const parsed = new URL(candidate);
    const isWeb = parsed.protocol === 'http:' || parsed.protocol === 'https:';
    // `https://bank.example@evil.example/` leads elsewhere than it seems.
    const isPlain = parsed.username === '' && parsed.password === '';
    return isWeb && isPlain && parsed.hostname.includes('.') ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A span for people: `850 ms`, `17 s`, `3 min 20 s`, `1 h 30 min`, `7 d`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const parts: string[] = [];
  let rest = seconds;
  for (const [size, unit] of units) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole > 0) parts.push(`${whole} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** The same in its largest unit only: `17 s`, `3 min`, `7 d`. */
export function coarseSpanText(ms: number): string {
  return spanText(ms).split(' ').slice(0, 2).join(' ');
}
