/**
 * What a sink declares of each setting of its own: how `check` shows it, and whether it is a secret. Masks are applied
 * here and nowhere else.
 */
import { MASK, maskPath } from '../../config/forms/mask-url.ts';

/** A value as it is written, or masked. Null: not set, and there is no default. */
export type SettingValue = string | number | boolean | null | readonly string[];

/** A setting by its key within the sink, fit to be shown. */
export type ShownSetting = readonly [key: string, value: SettingValue];

/** A section as it is written, before it is checked. */
export type Written = Readonly<Record<string, unknown>>;

export interface OwnSetting<Config> {
  /**
   * `open`: everybody may see it. `hidden`: its text, texts or values never appear. `address`: a secret as a whole, of
   * which only the origin appears.
   */
  readonly secrecy: 'open' | 'hidden' | 'address';
  shown(config: Config, key: string): readonly ShownSetting[];
  /**
   * Of an address that may be plain http: the secret that a machine on the way could read, in words; null where there is
   * none.
   */
  exposes?(written: Written): string | null;
}

/** A setting that everybody may see. Undefined: it is not shown. */
export function open<Config>(value: (config: Config) => SettingValue | undefined): OwnSetting<Config> {
  return {
    secrecy: 'open',
    shown(config, key) {
      const shown = value(config);
      return shown === undefined ? [] : [[key, shown]];
    },
  };
}

/** A secret text, or a list of them. */
export function hidden<Config>(
  value: (config: Config) => string | null | readonly string[],
): OwnSetting<Config> {
  return {
    secrecy: 'hidden',
    shown(config, key) {
      const secret = value(config);
      if (secret === null) return [[key, null]];
      return [[key, typeof secret === 'string' ? MASK : secret.map(() => MASK)]];
    },
  };
}

/** A map whose values are secrets. */
export function hiddenValues<Config>(
  value: (config: Config) => Readonly<Record<string, string>>,
): OwnSetting<Config> {
  return {
    secrecy: 'hidden',
    shown: (config, key) => Object.keys(value(config)).map((name) => [`${key}.${name}`, MASK]),
  };
}

/** A URL that is a secret as a whole: with many services, the path is the key. */
export function hiddenAddress<Config>(
  value: (config: Config) => string,
  exposes?: (written: Written) => string | null,
): OwnSetting<Config> {
  return {
    secrecy: 'address',
    shown: (config, key) => [[key, maskPath(value(config))]],
    ...(exposes && { exposes }),
  };
}
