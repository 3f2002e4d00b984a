import type { Clock } from './clock.ts';
import type { PaidSink, Sink } from './deliver/sink.ts';
import type { LogOutput } from './logger.ts';
import { USER_AGENT } from './version.ts';
import { settingsDigest } from './config/declaration-of.ts';
import type { SinkConfig } from './config/sinks/sections.ts';
import { createCommandSink } from './deliver/sinks/command-sink.ts';
import { createEmailSink } from './deliver/sinks/email-sink.ts';
import { createFileSink } from './deliver/sinks/file-sink.ts';
import { createDiscordSink } from './deliver/sinks/discord-sink.ts';
import { createLogSink } from './deliver/sinks/log-sink.ts';
import { createNtfySink } from './deliver/sinks/ntfy-sink.ts';
import { createSlackSink } from './deliver/sinks/slack-sink.ts';
import { createTeamsSink } from './deliver/sinks/teams-sink.ts';
import { createTelegramSink } from './deliver/sinks/telegram-sink.ts';
import { createWebhookSink } from './deliver/sinks/webhook-sink.ts';
import { withTemplates } from './deliver/tell-by-template.ts';
import type { TemplateSources } from './present/template.ts';

/** The configured sinks with the rules they are paid by. To add a type of sink: its file, and its case here. */
export function buildSinks(
  sinks: readonly SinkConfig[],
  { log, clock }: { log: LogOutput; clock: Clock },
): PaidSink[] {
  return sinks.map((config) => {
    const { retry, group, quiet, urgent, rate, template } = config;
    const built = buildSink(config, log, clock);
    const sink = template === null ? built : inOwnWords(built, config, template, log);
    return { sink, retry, pace: { group, quiet, urgent }, rate, settings: settingsDigest(config) };
  });
}

/** Whether each event has a text of its own, where a message for people lists some of them. */
const EACH_HAS_ITS_OWN: Readonly<Record<SinkConfig['type'], boolean>> = {
  ...{ log: true, webhook: true, command: true, file: true },
  ...{ slack: false, discord: false, teams: false, telegram: false, email: false, ntfy: false },
};

function inOwnWords(built: Sink, sink: SinkConfig, sources: TemplateSources, { logger }: LogOutput): Sink {
  return withTemplates(built, {
    sources,
    listed: EACH_HAS_ITS_OWN[sink.type] ? Infinity : sink.group.max,
    isJson: sink.type === 'webhook',
    // What a command rejects it has run for: it is not run for the same events once more.
    retells: sink.type !== 'command',
    onFailed: ({ event: { id, type }, reason }) =>
      logger.warn(
        { sink: sink.name, type, event_id: id, reason },
        'template failed: told the built-in message',
      ),
  });
}

function buildSink(sink: SinkConfig, log: LogOutput, clock: Clock): Sink {
  const listed = sink.group.max;
  switch (sink.type) {
    case 'log':
      return createLogSink(sink.name, log.writeLine);
    case 'command':
      return createCommandSink({ ...sink, clock });
    case 'file':
      return createFileSink({ name: sink.name, path: sink.path, clock });
    case 'webhook':
      return createWebhookSink({ ...sink, userAgent: USER_AGENT, clock });
    case 'ntfy':
      return createNtfySink({ ...sink, listed, userAgent: USER_AGENT, clock });
    case 'slack':
      return createSlackSink({ ...sink, listed, userAgent: USER_AGENT, clock });
    case 'discord':
      return createDiscordSink({ ...sink, listed, userAgent: USER_AGENT, clock });
    case 'teams':
      return createTeamsSink({ ...sink, listed, userAgent: USER_AGENT, clock });
    case 'telegram':
      return createTelegramSink({ ...sink, listed, userAgent: USER_AGENT, clock });
    case 'email':
      return createEmailSink({
        ...sink,
        listed,
        clock,
        onRefused: (refused) => log.logger.warn({ sink: sink.name, refused }, 'mail refused for recipients'),
      });
  }
}
