/** What changes how a run goes on. */
export type Steering = 'cancel' | 'extend' | 'enrich';

/** A request about one run. */
export interface RunRoute {
  kind: 'run';
  view: 'result' | 'run' | 'schema' | Steering;
  findallId: string;
}

/** A request to the simulator itself: what comes after `/_simulator`. */
export interface ControlRoute {
  kind: 'control';
  method: string;
  path: string[];
}

/** What a request asks for. */
export function routeOf(method: string, url: string): RunRoute | ControlRoute | { kind: 'unknown' } {
  const path = (url.split('?')[0] ?? '').split('/').slice(1).map(decoded);
  if (path[0] === '_simulator') return { kind: 'control', method, path: path.slice(1) };
  const [version, api, runs, findallId, tail, ...more] = path;
  if (version !== 'v1beta' || api !== 'findall' || runs !== 'runs' || !findallId || more.length > 0) {
    return { kind: 'unknown' };
  }
  if (method === 'GET' && tail === undefined) return { kind: 'run', view: 'run', findallId };
  if (method === 'GET' && tail === 'result') return { kind: 'run', view: 'result', findallId };
  if (method === 'GET' && tail === 'schema') return { kind: 'run', view: 'schema', findallId };
  if (method === 'POST' && (tail === 'cancel' || tail === 'extend' || tail === 'enrich'))
    return { kind: 'run', view: tail, findallId };
  return { kind: 'unknown' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
