import type { Clock } from './clock.ts';
import { settingsDigest } from './config/declaration-of.ts';
import type { PaidSink, Sink } from './deliver/sink.ts';
import { withTemplates } from './deliver/tell-by-template.ts';
import type { LogOutput } from './logger.ts';
import type { TemplateSources } from './present/template.ts';
import { definitionOf, type SinkConfig } from './sinks/registry.ts';
import { USER_AGENT } from './version.ts';

/** The configured sinks with the rules by which they are delivered to. */
export async function buildSinks(
  sinks: readonly SinkConfig[],
  { log, clock }: { log: LogOutput; clock: Clock },
): Promise<PaidSink[]> {
  return await Promise.all(
    sinks.map(async (config) => {
      const { retry, group, quiet, urgent, rate, template } = config;
      const built = await definitionOf(config).create(config, { log, clock, userAgent: USER_AGENT });
      const sink = template === null ? built : inOwnWords(built, config, template, log);
      return { sink, retry, pace: { group, quiet, urgent }, rate, settings: settingsDigest(config) };
    }),
  );
}

function inOwnWords(built: Sink, sink: SinkConfig, sources: TemplateSources, { logger }: LogOutput): Sink {
  const { carries, textIsJson = false, actsOnRejected = false } = definitionOf(sink);
  return withTemplates(built, {
    sources,
    listed: carries === 'people' ? sink.group.max : Infinity,
    isJson: textIsJson,
    retells: !actsOnRejected,
    onFailed: ({ event: { id, type }, reason }) =>
      logger.warn(
        { sink: sink.name, type, event_id: id, reason },
        'template failed: told the built-in message',
      ),
  });
}
