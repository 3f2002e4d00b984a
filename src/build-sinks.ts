import type { Clock } from './clock.ts';
import type { PaidSink, Sink } from './deliver/sink.ts';
import type { LogOutput } from './logger.ts';
import { USER_AGENT } from './version.ts';
import { settingsDigest } from './config/declaration-of.ts';
import type { SinkConfig } from './config/sinks/sections.ts';
import { createCommandSink } from './sinks/command/command-sink.ts';
import { createEmailSink } from './sinks/email/email-sink.ts';
import { createFileSink } from './sinks/file/file-sink.ts';
import { createDiscordSink } from './sinks/discord/discord-sink.ts';
import { createLogSink } from './sinks/log/log-sink.ts';
import { createNtfySink } from './sinks/ntfy/ntfy-sink.ts';
import { createSlackSink } from './sinks/slack/slack-sink.ts';
import { createTeamsSink } from './sinks/teams/teams-sink.ts';
import { createTelegramSink } from './sinks/telegram/telegram-sink.ts';
import { createWebhookSink } from './sinks/webhook/webhook-sink.ts';
import { type TemplateOptions, withTemplates } from './sinks/kit/render-with-template.ts';
import type { TemplateSources } from './sinks/kit/template.ts';

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

function inOwnWords(built: Sink, sink: SinkConfig, sources: TemplateSources, log: LogOutput): Sink {
  return withTemplates(built, {
    sources,
    isJson: sink.type === 'webhook',
    // What a command rejects it has run for: it is not run for the same events once more.
    retells: sink.type !== 'command',
    onFailed: failedTemplate(sink, log),
  });
}

function failedTemplate({ name }: SinkConfig, { logger }: LogOutput): TemplateOptions['onFailed'] {
  return ({ event: { id, type }, reason }) =>
    logger.warn({ sink: name, type, event_id: id, reason }, 'template failed: the built-in message was sent');
}

function buildSink(sink: SinkConfig, log: LogOutput, clock: Clock): Sink {
  const message = {
    group: { max: sink.group.max, overflow: 'split' as const },
    runLink: null,
    onTooLong: failedTemplate(sink, log),
  };
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
      return createNtfySink({ ...sink, ...message, userAgent: USER_AGENT, clock });
    case 'slack':
      return createSlackSink({ ...sink, ...message, userAgent: USER_AGENT, clock });
    case 'discord':
      return createDiscordSink({ ...sink, ...message, userAgent: USER_AGENT, clock });
    case 'teams':
      return createTeamsSink({ ...sink, ...message, userAgent: USER_AGENT, clock });
    case 'telegram':
      return createTelegramSink({ ...sink, ...message, userAgent: USER_AGENT, clock });
    case 'email':
      return createEmailSink({
        ...sink,
        ...message,
        clock,
        onRefused: (refused) => log.logger.warn({ sink: sink.name, refused }, 'mail refused for recipients'),
      });
  }
}
