/**
 * The numbers in the format that a scraper prefers: the text format 0.0.4 of Prometheus, or OpenMetrics 1.0.
 *
 * prom-client writes OpenMetrics too, but it renames the counters of its registry for that, so that the next answer in the text
 * format would have other names. So the text is converted here.
 */
export interface MetricsAnswer {
  type: string;
  body: string;
}

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Answers with OpenMetrics where `accept` prefers it, and with the text format in every other case. */
export function metricsAnswer(accept: string | undefined, text: string): MetricsAnswer {
  return prefersOpenMetrics(accept ?? '')
    ? { type: OPENMETRICS_TYPE, body: openMetrics(text) }
    : { type: TEXT_TYPE, body: text };
}

/** Of two equal preferences the first counts, as with Prometheus' own exporters. */
function prefersOpenMetrics(accept: string): boolean {
  const ranges = accept
    .split(',')
    .map(readRange)
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality);
  const first = ranges.find((range) => isOpenMetrics(range) || isText(range));
  return first !== undefined && isOpenMetrics(first);
}

interface MediaRange {
  type: string;
  version: string | undefined;
  quality: number;
}

function readRange(range: string): MediaRange {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const valueOf = (name: string) =>
    parameters
      .find((each) => each.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '');
  const quality = Number(valueOf('q') ?? 1);
  return { type, version: valueOf('version'), quality: Number.isNaN(quality) ? 0 : quality };
}

function isOpenMetrics({ type, version }: MediaRange): boolean {
  return type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0');
}

function isText({ type }: MediaRange): boolean {
  return type === 'text/plain' || type === 'text/*' || type === '*/*';
}

/** A counter is described under its name without `_total`, no line is empty, and the last line says that nothing is missing. */
function openMetrics(text: string): string {
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\S+)_total counter$/gm), (match) => match[1]));
  const lines = text.split('\n').filter((line) => line !== '');
  const described = lines.map((line) => {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+?)_total (.*)$/.exec(line) ?? [];
    return keyword !== undefined && counters.has(name) ? `# ${keyword} ${name} ${rest}` : line;
  });
  return `${described.join('\n')}\n# EOF\n`;
}
