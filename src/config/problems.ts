import type { z } from 'zod';
import { EXIT, OperatorError } from '../errors.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { type Draft, getIn, type Origin, originAround, type Path, pathText } from './draft.ts';
import { maskPath, maskUrl } from './forms/mask-url.ts';
import { quote } from '../text/quote.ts';
import { unquoted } from './forms/setting-kinds.ts';
import { SECRET_ADDRESS, SECRET_SETTING } from './secret-settings.ts';

/** One thing wrong with the configuration. No field holds a secret. */
export interface Problem {
  /** The setting, variable or file. */
  readonly key: string;
  /** What is wrong, with the value seen. */
  readonly what: string;
  readonly allowed: string;
  readonly suggestion?: string | undefined;
  readonly origin: Origin;
}

/** A configuration that is refused, with a line for each problem. */
export class ConfigurationProblems extends OperatorError {
  readonly problems: readonly string[];

  constructor(message: string, problems: readonly string[]) {
    super(EXIT.configuration, message, { hint: 'config/reference.md explains every setting.' });
    this.problems = problems;
  }
}

type Issue = z.core.$ZodIssue;

const LONGEST_SHOWN = 60;
/** Docker's --env-file and YAML quotes within quotes leave them there. */
const IN_QUOTES = ' with quotes around it; remove the quotes';

/** One line for one problem. */
export function renderProblem({ key, what, allowed, suggestion, origin }: Problem): string {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `${key}: ${what}${hint}; allowed: ${allowed} (from ${origin})`;
}

/** The problems that a failed check of the draft stands for. */
export function problemsOf(error: z.ZodError, draft: Draft): Problem[] {
  return error.issues.flatMap((issue) => flattened(issue)).flatMap((issue) => problemsOfIssue(issue, draft));
}

/** A setting whose value is not what the setting allows. */
export function wrongValue(draft: Draft, path: Path, allowed: string, suggestion?: string): Problem {
  const what = seen(draft, path, false);
  return { key: pathText(path), what, allowed, suggestion, origin: originAround(draft, path) };
}

/**
 * A union fails with the issues of all its branches. When the value has the shape of one branch
 * only what that branch says is of use; otherwise the union's own message is.
 */
function flattened(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isWrongShape = (inner: Issue) => inner.code === 'invalid_type' && inner.path.length === 0;
  const fitting = issue.errors.find((branch) => !branch.some(isWrongShape) && branch.some(isDeep));
  if (fitting === undefined) return [issue];
  return fitting.flatMap((inner) => flattened({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isDeep(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function problemsOfIssue(issue: Issue, draft: Draft): Problem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(draft, path, key, issue.message));
  const isContainer = issue.code === 'invalid_type' && ['object', 'array'].includes(issue.expected);
  const value = getIn(draft.tree, path);
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : wordsOf(issue);
  const suggestion = typeof value === 'string' ? nearestWord(value, words) : undefined;
  const quotes = typeof value === 'string' && unquoted(value) !== null ? IN_QUOTES : '';
  const what = `${seen(draft, path, isContainer)}${quotes}`;
  return [
    { key: pathText(path), what, allowed: issue.message, suggestion, origin: originAround(draft, path) },
  ];
}

function wordsOf(issue: Issue): string[] {
  const options = issue.code === 'invalid_union' && 'options' in issue ? issue.options : [];
  return Array.isArray(options) ? options.map(String) : [];
}

function unknownKey(draft: Draft, path: Path, key: string, known: string): Problem {
  const place = [...path, key];
  const suggestion = nearestWord(key, known.split(', '));
  return {
    key: pathText(place),
    what: 'unknown key',
    allowed: known,
    suggestion,
    origin: originAround(draft, place),
  };
}

/** The value as it may be shown. Where a container belongs only its kind is: anything may have slipped there. */
function seen(draft: Draft, path: Path, isContainer: boolean): string {
  const key = pathText(path);
  const value = getIn(draft.tree, path);
  if (value === undefined) return 'missing';
  if (value === null) return 'no value after the key';
  if (Array.isArray(value)) return 'saw a list';
  if (typeof value === 'object') return 'saw a map';
  if (SECRET_SETTING.test(key)) return 'saw ***';
  if (isContainer) return `saw ${typeof value === 'string' ? 'text' : `a ${typeof value}`}`;
  if (typeof value !== 'string') return `saw ${JSON.stringify(value)}`;
  const written = draft.written.get(key) ?? unquoted(value) ?? value;
  return `saw ${SECRET_ADDRESS.test(key) ? quote(maskPath(written)) : shown(written, key === 'api.baseUrl')}`;
}

function shown(text: string, isUrl: boolean): string {
  // A key of some service, or a libpq connection string.
  if (text.startsWith('whsec_') || /\bpassword\s*=/i.test(text)) return '***';
  const safe = (isUrl && !text.includes('${')) || text.includes('://') ? maskUrl(text) : text;
  return quote(safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}…` : safe);
}
