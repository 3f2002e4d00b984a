import { type Draft, getIn, isMap, type Path } from './draft.ts';
import { type Problem, wrongValue } from './problems.ts';
import { LOOPBACK, PROXY_URL } from './text-forms.ts';

/**
 * Secrets travel over plain http to another machine only where `allowPlainHttp: true` says so: every machine in between can read
 * them. Addresses that are secrets as a whole are refused by their form already.
 */
export function plainHttpProblems(draft: Draft): Problem[] {
  const { sinks } = draft.tree;
  const ofSinks = Array.isArray(sinks) ? sinks.flatMap((sink, index) => ofSink(draft, sink, index)) : [];
  const heartbeat = getIn(draft.tree, ['heartbeat']);
  const isAllowed = !isMap(heartbeat) || isTrue(heartbeat.allowPlainHttp) || !isReadable(heartbeat.url);
  return isAllowed ? ofSinks : [...ofSinks, refused(draft, ['heartbeat', 'url'], 'the address is a secret')];
}

/** They talk to nobody, and a proxy is no setting of theirs. */
const WITHOUT_PROXY: ReadonlySet<unknown> = new Set(['log', 'file', 'command']);

function ofSink(draft: Draft, sink: unknown, index: number): Problem[] {
  if (!isMap(sink) || isTrue(sink.allowPlainHttp)) return [];
  const found: Problem[] = [];
  const refuse = (key: string, what: string) => found.push(refused(draft, ['sinks', index, key], what));
  if (sink.type === 'telegram' && isReadable(sink.apiUrl))
    refuse('apiUrl', 'the token is a part of each address');
  if (sink.type === 'webhook' || sink.type === 'ntfy') {
    const isKnown = isReadable(sink.url);
    if (isKnown && hasCredentials(sink.url)) refuse('url', 'the credentials in it travel with each message');
    else if (isKnown && sink.token !== undefined) refuse('url', 'the token travels with each message');
    else if (isKnown && isMap(sink.headers) && Object.keys(sink.headers).length > 0)
      refuse('url', 'the headers travel with each message');
  }
  if (
    !WITHOUT_PROXY.has(sink.type) &&
    PROXY_URL.safeParse(sink.proxy).success &&
    isReadable(sink.proxy) &&
    hasCredentials(sink.proxy)
  )
    refuse('proxy', 'its credentials travel with each message');
  return found;
}

function refused(draft: Draft, path: Path, secret: string): Problem {
  return wrongValue(draft, path, `an https URL, because ${secret}; or allowPlainHttp: true beside it`);
}

/** Whether what is sent to `url` can be read on the way. */
function isReadable(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !LOOPBACK.test(hostname);
}

function hasCredentials(url: unknown): boolean {
  const { username, password } = new URL(String(url));
  return username !== '' || password !== '';
}

/** As the file has it, or a variable in it. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
