import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { OperatorError } from '../errors.ts';
import { jsonAnswer, type Answer } from './answer.ts';
import type { FaultBoard } from './faults/fault-board.ts';
import { parseFault } from './faults/parse-fault.ts';
import type { RequestLog } from './request-log.ts';
import type { ControlRoute } from './route.ts';
import type { SimulatedRun } from './simulated-run.ts';

/** What the control routes show and change. */
export interface Controlled {
  runs: ReadonlyMap<string, SimulatedRun>;
  board: FaultBoard;
  log: RequestLog;
}

/**
 * The simulator's own routes, for a rehearsal by hand:
 * `GET /_simulator` lists runs and faults; `PUT /_simulator/faults/{findall_id|*}` with a fault as text
 * (`status:503:times=3`) replaces that target's fault; `DELETE` on the same path clears it;
 * `POST /_simulator/restart` lets every run begin again.
 */
export async function answerControl(
  request: IncomingMessage,
  { method, path }: ControlRoute,
  { runs, board, log }: Controlled,
): Promise<Answer> {
  const [room, target] = path;
  const place = `${method} ${room ?? ''}`.trim();
  if (place === 'GET') return jsonAnswer(listing({ runs, board, log }));
  if (place === 'POST restart') {
    for (const run of runs.values()) run.restart();
    return jsonAnswer(listing({ runs, board, log }));
  }
  if (room !== 'faults' || target === undefined) return jsonAnswer({ detail: 'Not Found' }, 404);
  if (method === 'DELETE') board.set(target, null);
  else if (method === 'PUT') {
    try {
      board.set(target, parseFault((await text(request)).trim()).fault);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return jsonAnswer({ error: { message: error.message, detail: error.hint } }, 400);
    }
  } else return jsonAnswer({ detail: 'Method Not Allowed' }, 405);
  return jsonAnswer({ faults: board.list() });
}

function listing({ runs, board, log }: Controlled): unknown {
  return {
    runs: [...runs].map(([findallId, run]) => {
      const { status } = run.snapshot().run;
      return {
        findall_id: findallId,
        scenario: run.scenario().name,
        objective: run.scenario().objective ?? null,
        elapsed_ms: Math.round(run.elapsedMs()),
        status,
        requests: log.count(findallId),
      };
    }),
    faults: board.list(),
  };
}
