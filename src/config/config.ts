import type { Frozen } from './forms/setting.ts';
import type { CheckedFile } from './schema.ts';
import type { SinkConfig } from '../sinks/registry.ts';

/**
 * Everything that can be configured: the checked file, frozen. Keys are those of the file, with their unit where they have
 * one (`timeoutMs`, `maxBodyBytes`). What is not set and has no default is null; a section that is null is off.
 */
export type Config = Frozen<Omit<CheckedFile, '$schema' | 'sinks' | 'store'>> & {
  readonly sinks: readonly SinkConfig[];
  /** `path`: a file, absolute, or the URL of a PostgreSQL database with its password: shown through `shownPlace` only. */
  readonly store: Frozen<Omit<CheckedFile['store'], 'path'>> & { readonly path: string };
};

export type HttpConfig = NonNullable<Config['http']>;
