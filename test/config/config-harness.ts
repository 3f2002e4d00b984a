import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import type { ConfigFlags } from '../../src/config/reading/overlays.ts';
import { EXIT, OperatorError } from '../../src/errors.ts';

/** A secret that Standard Webhooks would take: `fill` repeated for 32 bytes. */
export function webhookSecret(fill: string): string {
  return `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
}

/** A working directory of its own with a home beside it, gone when the test is. */
export class ConfigHarness {
  readonly cwd: string;
  readonly home: string;

  constructor(files: Record<string, string | Uint8Array> = {}) {
    const root = mkdtempSync(join(tmpdir(), 'findall-watch-config-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    this.cwd = join(root, 'work');
    this.home = join(root, 'home');
    mkdirSync(this.cwd);
    mkdirSync(this.home);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Writes a file under the working directory and gives its absolute path. */
  write(path: string, text: string | Uint8Array): string {
    const absolute = join(this.cwd, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, text);
    return absolute;
  }

  load(env: Record<string, string> = {}, flags: ConfigFlags = {}): LoadedConfig {
    return loadConfig({ env: { HOME: this.home, ...env }, cwd: this.cwd, flags });
  }

  /** The lines of the refusal, one a problem; fails when the configuration is taken. */
  problems(env: Record<string, string> = {}, flags: ConfigFlags = {}): string[] {
    try {
      this.load(env, flags);
    } catch (error) {
      if (!(error instanceof OperatorError) || error.exitCode !== EXIT.configuration) throw error;
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/^ {2}- /, ''));
    }
    throw new Error('the configuration was taken');
  }
}

/** A harness with this text as its configuration file. */
export function configured(yaml: string): ConfigHarness {
  return new ConfigHarness({ 'config/findall-watch.yaml': yaml });
}
