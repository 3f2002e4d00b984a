import type { FastifyInstance, FastifyReply } from 'fastify';
import { SCHEMAS } from './api/api-schemas.ts';
import { readVerbose } from './api/read-request.ts';
import { type Check, isWell, probeText } from './health.ts';
import { metricsAnswer } from './metrics-answer.ts';
import { onlyThese } from './api/only-these.ts';

export interface ProbeDeps {
  liveness(): Check[];
  readiness(): Promise<Check[]>;
  /** The numbers in the text format 0.0.4. */
  metrics(): Promise<string>;
}

/** What anybody may ask who reaches the port: nothing here shows runs or settings. */
export function addProbes(app: FastifyInstance, { liveness, readiness, metrics }: ProbeDeps): void {
  const answer = (reply: FastifyReply, probe: string, checks: Check[], query: unknown): FastifyReply => {
    return reply
      .code(isWell(checks) ? 200 : 503)
      .header('cache-control', 'no-store')
      .type('text/plain; charset=utf-8')
      .send(probeText(probe, checks, readVerbose(query)));
  };
  // Some monitors ask with HEAD.
  app.get('/livez', { schema: SCHEMAS.livez, exposeHeadRoute: true }, async ({ query }, reply) =>
    answer(reply, 'livez', liveness(), query),
  );
  app.get('/readyz', { schema: SCHEMAS.readyz, exposeHeadRoute: true }, async ({ query }, reply) =>
    answer(reply, 'readyz', await readiness(), query),
  );
  app.get('/metrics', { schema: SCHEMAS.metrics, exposeHeadRoute: true }, async ({ headers }, reply) => {
    const { type, body } = metricsAnswer(headers.accept, await metrics());
    return reply.header('vary', 'accept').type(type).send(body);
  });
  for (const url of ['/livez', '/readyz', '/metrics']) onlyThese(app, url, ['GET', 'HEAD']);
}
