import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { jsonList, jsonWith, runJson, runWithCandidates } from '../../text/json-line.ts';
import type { Store } from '../../record/store.ts';
import type { EventTail } from '../../record/event-tail.ts';
import type { EventFilter } from '../../record/history.ts';
import { refuse, refuseForNow } from './answer.ts';
import { SCHEMAS } from './api-schemas.ts';
import { createBearerCheck } from './bearer.ts';
import { streamEvents } from './event-stream.ts';
import {
  type EventQuery,
  type Read,
  readEventQuery,
  readLastEventId,
  readRunId,
  readRunQuery,
  readTrackRequest,
} from './read-request.ts';
import { onlyThese } from './only-these.ts';
import { createRareLog } from '../../logging/rare-log.ts';
import type { JsonText } from '../../text/harmless-json.ts';

export interface ControlDeps {
  store: Pick<Store, 'trackRun' | 'untrackRun' | 'run' | 'runs' | 'candidates' | 'events'>;
  tail: Pick<EventTail, 'pages'>;
  token: string;
  /** Called when a run has become due. */
  wake(): void;
  /** What is wrong with the state; null when nothing is. */
  problem(): string | null;
  clock: Clock;
  logger: Logger;
  /** Aborted when the daemon stops: ends what is followed. */
  ending: AbortSignal;
}

/** Streams that may be open at once: each keeps a connection, and reads the store up to ten times a second. */
const MOST_STREAMS = 32;

/** Who guesses must not fill the log. */
const REFUSED_LOGGED_EVERY_MS = 60_000;

/** The control API beneath `/v1`: nothing of it is answered without the token. */
export function addControlApi(app: FastifyInstance, deps: ControlDeps): void {
  const isAllowed = createBearerCheck(deps.token);
  const rarely = createRareLog(deps.clock, REFUSED_LOGGED_EVERY_MS);
  void app.register(
    async (v1) => {
      v1.addHook('onRequest', async (request, reply) => {
        if (isAllowed(request.headers.authorization)) return;
        rarely((times) =>
          deps.logger.warn({ address: request.ip, times }, 'request without the token refused'),
        );
        void reply.header('www-authenticate', 'Bearer realm="findall-watch"');
        return refuse(reply, 401, 'unauthorized', 'send the token of http.token: Authorization: Bearer …');
      });
      v1.setNotFoundHandler((_, reply) =>
        refuse(reply, 404, 'not_found', 'there is nothing here; /v1/openapi.json lists what there is'),
      );
      addRuns(v1, deps);
      addEvents(v1, deps);
    },
    { prefix: '/v1' },
  );
}

function addRuns(v1: FastifyInstance, { store, wake, problem, clock }: ControlDeps): void {
  /** An attempt would block the client and the whole daemon: a write waits for a file that another process holds. */
  async function whileWritable(_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const why = problem();
    return why === null ? undefined : refuseForNow(reply, why);
  }

  v1.post('/runs', { schema: SCHEMAS.track, preHandler: whileWritable }, async (request, reply) => {
    const read = readTrackRequest(request.body);
    if (read.kind === 'wrong') return malformed(reply, read);
    const result = await store.trackRun(read.value, clock.now());
    wake();
    const { findallId } = read.value;
    void reply.header('location', `/v1/runs/${findallId}`);
    return await sendRun(reply.code(result === 'tracked' ? 201 : 200), store, findallId);
  });

  v1.get('/runs', { schema: SCHEMAS.runs }, async (request, reply) => {
    const read = readRunQuery(request.query);
    if (read.kind === 'wrong') return malformed(reply, read);
    const { after, limit } = read.value;
    if (after !== undefined && (await store.run(after)) === null)
      return malformed(reply, {
        kind: 'wrong',
        message: `after: saw "${after}"; allowed: the id of a run that was tracked`,
      });
    const page = await store.runs(read.value);
    const last = page.length === limit ? page.at(-1) : undefined;
    return { runs: page.map(runJson), next: last?.findallId ?? null };
  });
  onlyThese(v1, '/runs', ['GET', 'POST']);

  v1.get('/runs/:id', { schema: SCHEMAS.run }, async (request, reply) => {
    const read = readRunId(request.params);
    if (read.kind === 'wrong') return malformed(reply, read);
    const run = await store.run(read.value);
    if (run === null) return notTracked(reply, read.value);
    const candidates = await store.candidates(run.findallId);
    return sendJson(reply, runWithCandidates(run, candidates));
  });

  v1.delete('/runs/:id', { schema: SCHEMAS.untrack, preHandler: whileWritable }, async (request, reply) => {
    const read = readRunId(request.params);
    if (read.kind === 'wrong') return malformed(reply, read);
    await store.untrackRun(read.value);
    return await sendRun(reply, store, read.value);
  });
  onlyThese(v1, '/runs/:id', ['GET', 'DELETE']);
}

function addEvents(v1: FastifyInstance, deps: ControlDeps): void {
  const { store, tail, clock } = deps;
  let streams = 0;

  function follow(
    reply: FastifyReply,
    filter: Omit<EventFilter, 'limit'>,
    gapAfter: string | null = null,
  ): FastifyReply {
    if (streams >= MOST_STREAMS)
      return refuse(reply, 503, 'too_many_streams', `${MOST_STREAMS} streams are open already`);
    streams += 1;
    const gone = new AbortController();
    const end = () => {
      streams -= 1;
      gone.abort();
    };
    // A client that left in the meantime causes no `close` any more.
    if (reply.raw.destroyed) end();
    else reply.raw.once('close', end);
    const signal = AbortSignal.any([gone.signal, deps.ending]);
    void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return reply
      .type('text/event-stream')
      .send(Readable.from(streamEvents(tail, filter, { signal, gapAfter })));
  }

  v1.get('/events', { schema: SCHEMAS.events }, async (request, reply) => {
    const isStream = /\btext\/event-stream\b/i.test(request.headers.accept ?? '');
    const lastEventId = isStream ? readLastEventId(request.headers) : undefined;
    const read = readEventQuery(request.query, clock.now());
    if (read.kind === 'wrong') return malformed(reply, read);
    const { after, limit, ...filter } = read.value;
    if (lastEventId !== undefined) {
      const resumeAt = await positionOf(store, lastEventId);
      // An EventSource would not try again after a refusal. So the stream begins with the oldest event that is kept.
      const gapAfter = resumeAt === null ? lastEventId : null;
      return follow(reply, { ...filter, afterPosition: resumeAt ?? 0 }, gapAfter);
    }
    const afterPosition = await positionOf(store, after);
    if (afterPosition === null)
      return malformed(reply, {
        kind: 'wrong',
        message: `after: saw "${after}"; allowed: the id of a recorded event`,
      });
    if (isStream) return follow(reply, { ...filter, afterPosition });
    const page = await store.events({ ...filter, afterPosition, limit });
    const last = page.length === limit ? page.at(-1) : undefined;
    const events = jsonList(page.map(({ json }) => json));
    return sendJson(reply, jsonWith({ events, next: last?.event.id ?? null }, { events }));
  });
  onlyThese(v1, '/events', ['GET']);
}

/** An answer that is JSON already. */
function sendJson(reply: FastifyReply, json: JsonText): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(json);
}

/** Where an event stands in the order of recording; 0 when none is named, null when it is not recorded. */
async function positionOf(store: Pick<Store, 'events'>, id: EventQuery['after']): Promise<number | null> {
  if (id === undefined) return 0;
  const [found] = await store.events({ idStart: id, limit: 1 });
  return found?.event.id === id ? found.position : null;
}

async function sendRun(reply: FastifyReply, store: Pick<Store, 'run'>, id: string): Promise<FastifyReply> {
  const run = await store.run(id);
  return run === null ? notTracked(reply, id) : reply.send(runJson(run));
}

function malformed(reply: FastifyReply, { message }: Extract<Read<never>, { kind: 'wrong' }>): FastifyReply {
  return refuse(reply, 400, 'invalid_request', message);
}

function notTracked(reply: FastifyReply, id: string): FastifyReply {
  return refuse(reply, 404, 'not_found', `${id} is not tracked`);
}
