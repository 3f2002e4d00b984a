/** Every type of sink there is: its section of the file, and what the program makes of it. One line each a type. */
import type { z } from 'zod';
import { type LogSinkConfig, logSection, toLogSink } from './log.ts';
import type { ShownSetting } from './shown-setting.ts';
import { toWebhookSink, type WebhookSinkConfig, webhookSection, webhookSettings } from './webhook.ts';

export type SinkConfig = LogSinkConfig | WebhookSinkConfig;

/** For the union that `type` decides. */
export const SINK_SECTIONS = [logSection, webhookSection] as const;

/** The types in words, for messages. */
export const SINK_TYPES = joined(SINK_SECTIONS.map((section) => section.shape.type.value));

export type CheckedSink = z.output<(typeof SINK_SECTIONS)[number]>;

/** A checked section as the program wants it. */
export function toSink(checked: CheckedSink): SinkConfig {
  switch (checked.type) {
    case 'log':
      return toLogSink(checked);
    case 'webhook':
      return toWebhookSink(checked);
  }
}

/** The settings a sink has beyond the common ones, for `check`. */
export function ownSettings(sink: SinkConfig): ShownSetting[] {
  switch (sink.type) {
    case 'log':
      return [];
    case 'webhook':
      return webhookSettings(sink);
  }
}

function joined(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
