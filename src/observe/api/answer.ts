import type { FastifyError, FastifyReply } from 'fastify';
import type { Socket } from 'node:net';
import type { Logger } from '../../logging/logger.ts';
import { asStateFailure } from '../../record/upkeep/state-failure.ts';

/** Why a request was refused, as programs read it. */
export type Refusal =
  | 'invalid_request'
  | 'unauthorized'
  | 'not_found'
  | 'misdirected'
  | 'method_not_allowed'
  | 'timeout'
  | 'too_large'
  | 'unsupported_media_type'
  | 'too_many_streams'
  | 'state_unavailable'
  | 'stopping'
  | 'internal';

/** Answers with an error in the one shape all of them have. */
export function refuse(reply: FastifyReply, status: number, code: Refusal, message: string): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(errorBody(code, message));
}

function errorBody(code: Refusal, message: string): { error: { code: Refusal; message: string } } {
  return { error: { code, message } };
}

/** About as long as the end of a failure is not trusted yet. */
const ASK_AGAIN_S = 5;

/** Answers that the state can be neither read nor changed now. Asked again everything here does the same. */
export function refuseForNow(reply: FastifyReply, why: string): FastifyReply {
  void reply.header('retry-after', ASK_AGAIN_S);
  return refuse(reply, 503, 'state_unavailable', `the state cannot be used now: ${why}; ask again later`);
}

/** What the client did wrong before one of our own handlers had a look, by Fastify's code or by status. */
const REFUSALS: Readonly<Record<number, [Refusal, string]>> = {
  400: ['invalid_request', 'the request is malformed; a body is one JSON object'],
  404: ['not_found', 'there is nothing here; /v1/openapi.json lists what there is'],
  408: ['timeout', 'the request took too long to come in'],
  413: ['too_large', 'the body is too large; 16 KiB are allowed'],
  414: ['too_large', 'the address is too long'],
  415: ['unsupported_media_type', 'send the body as Content-Type: application/json'],
  431: ['too_large', 'the headers are too large; 16 KiB are allowed'],
  503: ['stopping', 'the daemon is stopping'],
};

/** Answers an error that a handler or Fastify threw. What is our own fault goes to the log and nowhere else. */
export function answerError(error: FastifyError, reply: FastifyReply, logger: Logger): FastifyReply {
  const status = error.statusCode ?? 500;
  const [code, message] = REFUSALS[status] ?? [];
  if (code !== undefined && message !== undefined) return refuse(reply, status, code, message);
  if (status >= 400 && status < 500)
    return refuse(reply, status, 'invalid_request', 'the request is malformed');
  const failure = asStateFailure(error);
  if (failure !== undefined) return refuseForNow(reply, failure.why);
  logger.error({ err: error, route: reply.request.routeOptions.url }, 'request failed');
  return refuse(reply, 500, 'internal', 'this went wrong inside; the log says more');
}

/** Answers what was not even HTTP, and ends its connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ''] ?? 400;
  const [code, message] = REFUSALS[status] ?? (['invalid_request', 'the request is malformed'] as const);
  const body = JSON.stringify(errorBody(code, message));
  const head = `HTTP/1.1 ${status} ${code}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
