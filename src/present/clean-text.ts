/**
 * Text from the web for a terminal: one line, no control or format characters (escape sequences, bidi overrides,
 * zero-width), at most `length` code points with "…" where it was cut.
 */
export function cleanText(text: string, length = Infinity): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    // The tags block as a whole: its unassigned code points are no format characters by name, and as invisible.
    .replaceAll(/[\p{Cf}\p{Co}\p{Cs}\u{e0000}-\u{e0fff}]/gu, '')
    // More marks than any script stacks: they would spill over the lines above and below.
    .replaceAll(/(\p{M}{4})\p{M}+/gu, '$1')
    .trim();
  if (line.length <= length) return line;
  const points = Array.from(line);
  return points.length <= length ? line : `${points.slice(0, length - 1).join('')}…`;
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
