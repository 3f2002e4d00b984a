import swagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import { EXIT, OperatorError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { jsonText } from '../text/json-line.ts';
import { answerClientError, answerError, refuse } from './api/answer.ts';
import { SCHEMAS } from './api/api-schemas.ts';
import { createHostCheck } from './check-host.ts';
import { addControlApi, type ControlDeps } from './api/control-api.ts';
import { guardConnections } from './guard-connections.ts';
import { onlyThese } from './api/only-these.ts';
import { addProbes, type ProbeDeps } from './probe-routes.ts';

export interface HttpServer {
  /** Begins to listen and gives where. Rejects with an OperatorError when the address cannot be had. */
  listen(): Promise<string>;
  /** Answers nothing more. What is on its way is given a second, streams end at once. */
  close(): Promise<void>;
}

export interface HttpServerOptions {
  host: string;
  port: number;
  /** Names beside its own by which the server may be asked. */
  hosts: readonly string[];
  version: string;
  probes: ProbeDeps;
  /** Null: there is no control API. */
  control: Omit<ControlDeps, 'ending'> | null;
  clock: Clock;
  logger: Logger;
}

const LARGEST_BODY = 16_384;
/** A request has to be here whole within this; a connection on which nothing happens ends after the longer one. */
const REQUEST_MS = 10_000;
const SILENT_MS = 60_000;
const CLOSING_MS = 1000;

/** Makes the server; it listens when `listen` is called. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { port, probes, control, clock, logger } = options;
  const ending = new AbortController();
  const app = buildApp(logger);
  guardConnections(app.server, { clock, logger });
  refuseOtherHosts(app, options);
  await app.register(swagger, { openapi: descriptionOf(options) });
  addProbes(app, probes);
  app.get('/v1/openapi.json', { schema: SCHEMAS.openapi }, async () => app.swagger());
  onlyThese(app, '/v1/openapi.json', ['GET']);
  if (control !== null) addControlApi(app, { ...control, ending: ending.signal });
  // For localhost Fastify would open two servers, and with port 0 on two ports.
  const host = options.host === 'localhost' ? '127.0.0.1' : options.host;
  return {
    async listen() {
      try {
        await app.listen({ host, port });
      } catch (error) {
        throw cannotListen(error, host, port);
      }
      const address = app.server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
    },
    async close() {
      ending.abort();
      const closed = new AbortController();
      const cut = clock.sleep(CLOSING_MS, closed.signal).then(() => app.server.closeAllConnections());
      await app.close();
      closed.abort();
      await cut;
    },
  };
}

function buildApp(logger: Logger): FastifyInstance {
  // Fastify speaks of every request at info; we do at debug, below.
  const quiet: FastifyBaseLogger = logger.child({}, logger.isLevelEnabled('warn') ? { level: 'warn' } : {});
  const app = fastify({
    loggerInstance: quiet,
    bodyLimit: LARGEST_BODY,
    connectionTimeout: SILENT_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: REQUEST_MS,
    http: { headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1000 },
    // The URL of a run, with each special character as %XX.
    routerOptions: { maxParamLength: 1000 },
    exposeHeadRoutes: false,
    // What is asked until the last moment is answered, in our own words: the store is still there.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _, reply) => void answerError(error, reply, logger),
  });
  app.removeContentTypeParser('text/plain');
  allowEmptyBodies(app);
  // Requests are read and answers written by our own: what comes from the API passes through untouched and harmless.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => jsonText);
  app.setErrorHandler((error: FastifyError, _, reply) => answerError(error, reply, logger));
  app.setNotFoundHandler((_, reply) =>
    refuse(reply, 404, 'not_found', 'there is nothing here; /v1/openapi.json lists what there is'),
  );
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    // The route, never the address or a header: what a stranger sends does not belong into the log.
    const fields = { method, route: routeOptions.url ?? null, status: reply.statusCode };
    logger.debug({ ...fields, duration_ms: Math.round(reply.elapsedTime) }, 'request answered');
  });
  return app;
}

/** Clients that set the type of every request set it for a DELETE too, which has no body. Who needs a body says that it is missing. */
function allowEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
}

/** On every route, before anything else is looked at. */
function refuseOtherHosts(app: FastifyInstance, { host, hosts }: HttpServerOptions): void {
  const isForUs = createHostCheck([host, ...hosts]);
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (isForUs(raw)) return;
    return refuse(reply, 421, 'misdirected', 'this server does not go by that Host; http.hosts can allow it');
  });
}

function descriptionOf({ version, control }: HttpServerOptions) {
  const token = { type: 'http', scheme: 'bearer', description: 'http.token of the configuration' } as const;
  return {
    openapi: '3.1.0',
    info: {
      ...{ title: 'findall-watch', version },
      description: 'Health, metrics and control of a daemon that watches FindAll runs.',
    },
    // Where this description came from.
    servers: [{ url: '/' }],
    ...(control === null ? {} : { components: { securitySchemes: { token } } }),
  };
}

const REASONS: Readonly<Record<string, [reason: string, hint: string]>> = {
  EADDRINUSE: [
    'something else listens there',
    'end it, or choose another http.port (FINDALL_WATCH_HTTP_PORT)',
  ],
  EACCES: ['that is not permitted', 'choose an http.port of 1024 or more'],
  EADDRNOTAVAIL: ['this machine has no such address', 'choose another http.host, such as 127.0.0.1'],
  ENOTFOUND: ['the name is unknown', 'choose another http.host, such as 127.0.0.1'],
};

function cannotListen(error: unknown, host: string, port: number): unknown {
  const known = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (known === undefined) return error;
  const [reason, hint] = known;
  return new OperatorError(EXIT.unavailable, `cannot listen on ${host} port ${port}: ${reason}`, { hint });
}
