// cspell:ignore seof
import { type ConfigHarness, configured } from '../config/config-harness.ts';

/** The least that a section of each type of sink holds beside its name. */
export const SECTIONS = {
  slack: 'type: slack, url: "https://chat.example/x"',
  discord: 'type: discord, url: "https://chat.example/x"',
  teams: 'type: teams, url: "https://chat.example/x"',
  telegram: 'type: telegram, token: "1:AAHdqTcvCH1vGWJxfSeofSAs0K5P", chat: "1"',
  email: 'type: email, host: mail.example, from: w@example.com, to: ana@example.org',
  ntfy: 'type: ntfy, url: "https://ntfy.example/topic"',
  webhook: 'type: webhook, url: "https://crm.example"',
  log: 'type: log',
  file: 'type: file, path: x',
  command: 'type: command, command: [x]',
};

/** The sections of programs that get one event a message. */
export const PROGRAM_SECTIONS = [SECTIONS.log, SECTIONS.webhook, SECTIONS.file];

/** A configuration with one sink of these settings. */
export function withSink(...settings: string[]): ConfigHarness {
  return configured(`sinks: [{ name: a, ${settings.join(', ')} }]`);
}

/** The only sink of a configuration with these settings, as it is loaded. */
export function loadedSink(...settings: string[]) {
  return withSink(...settings).load().config.sinks[0];
}
