import type { Clock } from '../../clock.ts';
import type { Deadline } from '../../http/deadline.ts';
import type { HttpAnswer } from '../../http/http-answer.ts';
import { directClient, type Exchange } from '../../http/http-client.ts';

/** The API and who asks it. */
export interface RunApi {
  baseUrl: string;
  /** Masked in what an answer quotes. */
  key: string;
  userAgent: string;
  clock: Clock;
}

/** Needed until late 2025 and harmless since (FindAll API documentation). */
const BETA_HEADER = 'findall-2025-09-15';

/** Asks about a run and has `read` read the answer, with any status. The key goes to `baseUrl` and nowhere else. */
export async function askApi<T>(
  { baseUrl, key, userAgent }: RunApi,
  { findallId, part }: { findallId: string; part: 'result' | 'schema' | 'run' },
  read: (answer: HttpAnswer) => Promise<T>,
  deadline: Deadline,
): Promise<Exchange<T>> {
  const run = `/v1beta/findall/runs/${encodeURIComponent(findallId)}`;
  const headers = {
    accept: 'application/json',
    'user-agent': userAgent,
    'x-api-key': key,
    'parallel-beta': BETA_HEADER,
  };
  const address = part === 'run' ? run : `${run}/${part}`;
  return await directClient.exchange({ address, baseUrl, headers }, read, deadline);
}
