import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { acceptsGzip, jsonAnswer } from './answer.ts';
import { errorAnswer } from './api-errors.ts';
import { answerControl } from './control.ts';
import { deliverAnswer } from './deliver-answer.ts';
import type { FaultBoard } from './fault-board.ts';
import { answerUnder, type Delivery } from './faulty-answer.ts';
import type { RequestLog } from './request-log.ts';
import { routeOf, type RunRoute } from './route.ts';
import type { Random } from './seeded-random.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedRun } from './simulated-run.ts';

/** Everything the simulated API is about, as the exchanges see it. */
export interface World {
  clock: Clock;
  runs: Map<string, SimulatedRun>;
  board: FaultBoard;
  log: RequestLog;
  /** For ref ids. */
  random: Random;
  /** Null: requests need no key. */
  apiKey: string | null;
}

/** One request and its answer, faults included; requests about a run are logged from arrival to the end. */
export async function exchange(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = routeOf(request.method ?? 'GET', request.url ?? '/');
  if (route.kind === 'run') logExchange(world, route, response);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { answer, fault } = await deliveryFor(world, route, request);
  await deliverAnswer(response, answer, fault, {
    gzipAccepted: acceptsGzip(request.headers['accept-encoding']),
    sleep: (ms) => world.clock.sleep(ms, gone.signal),
  });
}

async function deliveryFor(
  world: World,
  route: ReturnType<typeof routeOf>,
  request: IncomingMessage,
): Promise<Delivery> {
  if (route.kind === 'run') return deliveryAboutRun(world, route, request.headers['x-api-key']);
  if (route.kind === 'control') return { answer: await answerControl(request, route, world), fault: null };
  return { answer: jsonAnswer({ detail: 'Not Found' }, 404), fault: null };
}

function deliveryAboutRun(world: World, route: RunRoute, key: string | string[] | undefined): Delivery {
  const newRefId = (): string => world.random.uuid();
  const refusal = (status: number): Delivery => ({ answer: errorAnswer(status, newRefId()), fault: null });
  if (world.apiKey !== null && key !== world.apiKey) return refusal(401);
  const run = world.runs.get(route.findallId);
  if (run === undefined) return refusal(404);
  // What was asked for does not change with how the run goes, so faults of the polls spare it.
  if (route.view === 'schema') return { answer: jsonAnswer(schemaOf(run.scenario())), fault: null };
  if (route.view !== 'cancel')
    return answerUnder(world.board.take(route.findallId), run, route.view, newRefId);
  return run.cancel() ? { answer: jsonAnswer(run.snapshot().run), fault: null } : refusal(409);
}

function schemaOf({ objective = '', generator, matchLimit }: Scenario): unknown {
  const asked = { objective, entity_type: 'companies', match_conditions: [], generator };
  return matchLimit === undefined ? asked : { ...asked, match_limit: matchLimit };
}

function logExchange({ log, clock }: World, { view, findallId }: RunRoute, response: ServerResponse): void {
  const open = log.begin(findallId, view === 'result' ? 'poll' : view, clock.now());
  response.once('close', () => {
    open.end(clock.now(), response.headersSent ? response.statusCode : null, response.writableFinished);
  });
}
