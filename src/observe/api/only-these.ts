import type { FastifyInstance, HTTPMethods } from 'fastify';
import { refuse } from './answer.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Answers every other method at this address, before anything of its body is read. */
export function onlyThese(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const allow = allowed.join(', ');
  app.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    schema: { hide: true },
    onRequest: async (_, reply) => {
      void reply.header('allow', allow);
      return refuse(reply, 405, 'method_not_allowed', `allowed: ${allow}`);
    },
    handler: () => undefined,
  });
}
