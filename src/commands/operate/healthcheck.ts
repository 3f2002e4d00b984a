import { get } from 'node:http';
import type { Command } from 'commander';
import type { HttpConfig } from '../../config/config.ts';
import { EXIT } from '../../errors.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  settingsOf,
  withStateOptions,
} from '../command-context.ts';

/** How long the daemon may take to answer. */
const ANSWER_MS = 4000;
const LONGEST_ANSWER = 4096;

/** `healthcheck`: asks a running daemon whether it lives, for Docker and the like. */
export function addHealthcheck(program: Command, context: CommandContext): void {
  withStateOptions(program.command('healthcheck'))
    .summary('ask the running daemon whether it is alive')
    .description('ask the running daemon whether it is alive: exit code 0 if it is, otherwise 1')
    .addHelpText('after', example('findall-watch healthcheck && echo all is well'))
    .action(async (options: CommonOptions) => {
      const { http } = settingsOf(context, options).config;
      const problem =
        http === null
          ? 'http is off, so the daemon cannot be asked: set FINDALL_WATCH_HTTP_PORT, or ask findall-watch status whether a daemon is running'
          : await askLivez(http);
      if (problem === null) {
        context.stdout.write('ok\n');
        return;
      }
      context.stderr.write(`findall-watch: ${problem}\n`);
      context.exitWith(EXIT.notHealthy);
    });
}

/** What is wrong with the daemon that listens there; null when nothing is. */
async function askLivez({ host, port }: HttpConfig): Promise<string | null> {
  if (port === 0) return 'http.port is 0: nobody knows which port was taken';
  const place = `${reachable(host)} port ${port}`;
  return await new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    // Its own connection, closed with the answer: nothing keeps this process from ending.
    const request = get({ host: reachable(host), port, path: '/livez', agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(0, LONGEST_ANSWER);
      });
      response.once('end', () => {
        const said = text
          .trim()
          .replaceAll('\n', '; ')
          .replaceAll(/[^\x20-\x7e]/g, '?');
        if (response.statusCode === 200 && said === 'ok') resolve(null);
        else if (response.statusCode === 503) resolve(`the daemon is not well: ${said}`);
        else resolve(`what listens on ${place} is no findall-watch: HTTP ${response.statusCode}`);
      });
      response.once('error', () => resolve(`the answer of ${place} broke off`));
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      const reason = signal.aborted
        ? `no answer within ${ANSWER_MS / 1000} s`
        : (error.code ?? error.message);
      resolve(`no daemon answers on ${place}: ${reason}`);
    });
  });
}

/** An address that means "all of this machine's" is listened on, not asked. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
