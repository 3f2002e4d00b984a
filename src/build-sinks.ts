import type { Clock } from './clock.ts';
import { settingsDigest } from './config/declaration-of.ts';
import type { ConfiguredSink, Sink } from './deliver/sink.ts';
import type { LogOutput } from './logging/logger.ts';
import { type TemplateOptions, withTemplates } from './sinks/kit/render-with-template.ts';
import type { TemplateSources } from './sinks/kit/template.ts';
import { definitionOf, type SinkConfig } from './sinks/registry.ts';
import { USER_AGENT } from './version.ts';

/** The configured sinks with the rules by which they are delivered to. */
export async function buildSinks(
  sinks: readonly SinkConfig[],
  { log, clock }: { log: LogOutput; clock: Clock },
): Promise<ConfiguredSink[]> {
  return await Promise.all(
    sinks.map(async (config) => {
      const { retry, group, quiet, urgent, rate, template } = config;
      const onTooLong = logFailure(config, log);
      const built = await definitionOf(config).create(config, {
        log,
        clock,
        userAgent: USER_AGENT,
        onTooLong,
      });
      const sink = template === null ? built : inOwnWords(built, config, template, log);
      return { sink, retry, pace: { group, quiet, urgent }, rate, settings: settingsDigest(config) };
    }),
  );
}

function inOwnWords(built: Sink, sink: SinkConfig, sources: TemplateSources, log: LogOutput): Sink {
  const { textIsJson = false, actsOnRejected = false } = definitionOf(sink);
  return withTemplates(built, {
    sources,
    isJson: textIsJson,
    ...(sink.group.overflow === 'count' ? { most: sink.group.max } : {}),
    sendsAgain: !actsOnRejected,
    onFailed: logFailure(sink, log),
  });
}

function logFailure({ name }: SinkConfig, { logger }: LogOutput): TemplateOptions['onFailed'] {
  return ({ event: { id, type }, reason }) =>
    logger.warn({ sink: name, type, event_id: id, reason }, 'template failed: the built-in message was sent');
}
