import { EXIT, OperatorError } from '../../errors.ts';
import type { ErrorBodyForm, Fault, FaultRule, TargetedFault } from './fault.ts';

type FaultKind = Fault['kind'];

/** How each kind is written, and what is read from its value. */
const KINDS: {
  [Kind in FaultKind]: { usage: string; read: (value: string) => (Fault & { kind: Kind }) | null };
} = {
  status: {
    usage: 'status:503[:retry-after=2][:body=api-error|detail|html|empty]',
    read: (value) => wholeNumber(value, 200, 599, (status) => ({ kind: 'status', status })),
  },
  redirect: {
    usage: 'redirect:https://elsewhere.example/',
    read: (value) => (value === '' ? null : { kind: 'redirect', location: value }),
  },
  'slow-headers': {
    usage: 'slow-headers:5s',
    read: (value) => span(value, (ms) => ({ kind: 'slow-headers', ms })),
  },
  'slow-body': { usage: 'slow-body:5s', read: (value) => span(value, (ms) => ({ kind: 'slow-body', ms })) },
  stale: { usage: 'stale:30s', read: (value) => span(value, (byMs) => ({ kind: 'stale', byMs })) },
  oversize: {
    usage: 'oversize:300000000',
    read: (value) => wholeNumber(value, 0, 2 ** 40, (bytes) => ({ kind: 'oversize', bytes })),
  },
  vanish: {
    usage: 'vanish:0.3',
    read: (value) => fraction(value, (share) => ({ kind: 'vanish', share })),
  },
  html: { usage: 'html', read: plain({ kind: 'html' }) },
  v0: { usage: 'v0', read: plain({ kind: 'v0' }) },
  flat: { usage: 'flat', read: plain({ kind: 'flat' }) },
  'missing-is-active': { usage: 'missing-is-active', read: plain({ kind: 'missing-is-active' }) },
  'wrong-run': { usage: 'wrong-run', read: plain({ kind: 'wrong-run' }) },
  'unknown-enums': { usage: 'unknown-enums', read: plain({ kind: 'unknown-enums' }) },
  nulls: { usage: 'nulls', read: plain({ kind: 'nulls' }) },
  shuffled: { usage: 'shuffled', read: plain({ kind: 'shuffled' }) },
  'torn-json': { usage: 'torn-json', read: plain({ kind: 'torn-json' }) },
  'broken-gzip': { usage: 'broken-gzip', read: plain({ kind: 'broken-gzip' }) },
  'no-answer': { usage: 'no-answer', read: plain({ kind: 'no-answer' }) },
  'stalled-body': { usage: 'stalled-body', read: plain({ kind: 'stalled-body' }) },
  reset: { usage: 'reset', read: plain({ kind: 'reset' }) },
  'reset-mid-body': { usage: 'reset-mid-body', read: plain({ kind: 'reset-mid-body' }) },
};

/** Every kind of fault, as a person writes it. */
export const FAULT_USAGES: readonly string[] = Object.values(KINDS).map((kind) => kind.usage);

const SYNTAX = '[findall_id=]kind[:value][:times=N][:probability=P]';
const OPTION = /^(times|probability|retry-after|body)=(.*)$/s;

/**
 * Reads a fault as written on the command line: `status:429:retry-after=2`, `findall_x=html`,
 * `stale:30s:times=3`. Without a target it concerns every run. A `Retry-After` date cannot be written, because
 * it contains colons. Throws an OperatorError that lists the kinds when `text` is not a fault.
 */
export function parseFault(text: string): TargetedFault {
  const [, target = '*', rest = text] = /^([^:=]+)=(.*)$/s.exec(text) ?? [];
  const [kind = '', ...parts] = rest.split(':');
  if (!isFaultKind(kind)) throw notAFault(text, `there is no fault ${JSON.stringify(kind)}`);
  const firstOption = parts.findIndex((part) => OPTION.test(part));
  const options = firstOption === -1 ? [] : parts.slice(firstOption);
  const value = parts.slice(0, parts.length - options.length).join(':');
  const fault = KINDS[kind].read(value);
  if (fault === null) throw notAFault(text, `write ${KINDS[kind].usage}`);
  return {
    target,
    fault: options.reduce((rule, option) => withOption(text, rule, option), fault as FaultRule),
  };
}

/** Whether `kind` names a fault. */
function isFaultKind(kind: unknown): kind is FaultKind {
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind);
}

function withOption(text: string, rule: FaultRule, option: string): FaultRule {
  const [, name, value = ''] = OPTION.exec(option) ?? [];
  if (name === 'times') {
    const times = wholeNumber(value, 1, 2 ** 31, (number) => number);
    if (times !== null) return { ...rule, times };
  }
  if (name === 'probability') {
    const probability = fraction(value, (number) => number);
    if (probability !== null) return { ...rule, probability };
  }
  if (name === 'retry-after' && rule.kind === 'status') return { ...rule, retryAfter: value };
  if (name === 'body' && rule.kind === 'status' && isErrorBodyForm(value)) return { ...rule, body: value };
  throw notAFault(text, `${JSON.stringify(option)} does not fit ${rule.kind}`);
}

function notAFault(text: string, reason: string): OperatorError {
  return new OperatorError(EXIT.usage, `not a fault: ${JSON.stringify(text)}: ${reason}`, {
    hint: `Write ${SYNTAX}, with one of: ${FAULT_USAGES.join(', ')}`,
  });
}

function isErrorBodyForm(value: string): value is ErrorBodyForm {
  return ['api-error', 'detail', 'html', 'empty'].includes(value);
}

function plain<T>(fault: T): (value: string) => T | null {
  return (value) => (value === '' ? fault : null);
}

function wholeNumber<T>(text: string, min: number, max: number, make: (value: number) => T): T | null {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? make(value) : null;
}

function fraction<T>(text: string, make: (value: number) => T): T | null {
  const value = text === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? make(value) : null;
}

/** `1500`, `1500ms`, `5s`, `2m`. */
function span<T>(text: string, make: (ms: number) => T): T | null {
  const [, digits, unit = 'ms'] = /^(\d+)(ms|s|m)?$/.exec(text) ?? [];
  if (digits === undefined) return null;
  return make(Number(digits) * (unit === 'm' ? 60_000 : unit === 's' ? 1_000 : 1));
}
