/** Every type of sink there is: its section of the file, and what the program makes of it. One line each a type. */
import type { z } from 'zod';
import { type CommandSinkConfig, commandSection, commandSettings, toCommandSink } from './command.ts';
import { type DiscordSinkConfig, discordSection, discordSettings, toDiscordSink } from './discord.ts';
import { type EmailSinkConfig, emailSection, emailSettings, toEmailSink } from './email.ts';
import { type FileSinkConfig, fileSection, fileSettings, toFileSink } from './file.ts';
import { type LogSinkConfig, logSection, toLogSink } from './log.ts';
import { type NtfySinkConfig, ntfySection, ntfySettings, toNtfySink } from './ntfy.ts';
import type { ShownSetting } from './shown-setting.ts';
import type { Surroundings } from './sink-base.ts';
import { type SlackSinkConfig, slackSection, slackSettings, toSlackSink } from './slack.ts';
import { type TeamsSinkConfig, teamsSection, teamsSettings, toTeamsSink } from './teams.ts';
import { type TelegramSinkConfig, telegramSection, telegramSettings, toTelegramSink } from './telegram.ts';
import { toWebhookSink, type WebhookSinkConfig, webhookSection, webhookSettings } from './webhook.ts';

export type SinkConfig =
  | LogSinkConfig
  | WebhookSinkConfig
  | CommandSinkConfig
  | FileSinkConfig
  | SlackSinkConfig
  | DiscordSinkConfig
  | TeamsSinkConfig
  | TelegramSinkConfig
  | EmailSinkConfig
  | NtfySinkConfig;

/** For the union that `type` decides. */
export const SINK_SECTIONS = [
  logSection,
  webhookSection,
  commandSection,
  fileSection,
  slackSection,
  discordSection,
  teamsSection,
  telegramSection,
  emailSection,
  ntfySection,
] as const;

/** The types in words, for messages. */
export const SINK_TYPES = joined(SINK_SECTIONS.map((section) => section.shape.type.value));

export type CheckedSink = z.output<(typeof SINK_SECTIONS)[number]>;

/** A checked section as the program wants it. */
export function toSink(checked: CheckedSink, surroundings: Surroundings): SinkConfig {
  switch (checked.type) {
    case 'log':
      return toLogSink(checked);
    case 'webhook':
      return toWebhookSink(checked);
    case 'command':
      return toCommandSink(checked, surroundings);
    case 'file':
      return toFileSink(checked, surroundings);
    case 'slack':
      return toSlackSink(checked);
    case 'discord':
      return toDiscordSink(checked);
    case 'teams':
      return toTeamsSink(checked);
    case 'telegram':
      return toTelegramSink(checked);
    case 'email':
      return toEmailSink(checked);
    case 'ntfy':
      return toNtfySink(checked);
  }
}

/** The settings a sink has beyond the common ones, for `check`. */
export function ownSettings(sink: SinkConfig): ShownSetting[] {
  switch (sink.type) {
    case 'log':
      return [];
    case 'webhook':
      return webhookSettings(sink);
    case 'command':
      return commandSettings(sink);
    case 'file':
      return fileSettings(sink);
    case 'slack':
      return slackSettings(sink);
    case 'discord':
      return discordSettings(sink);
    case 'teams':
      return teamsSettings(sink);
    case 'telegram':
      return telegramSettings(sink);
    case 'email':
      return emailSettings(sink);
    case 'ntfy':
      return ntfySettings(sink);
  }
}

function joined(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
