/** A value as it is written, or masked. Null: not set, and there is no default. */
export type SettingValue = string | number | boolean | null | readonly string[];

/** A setting of a sink by its key within the sink, fit to be shown: whoever makes it masks what is secret. */
export type ShownSetting = readonly [key: string, value: SettingValue];

/** What stands for a secret. */
export const MASK = '***';
