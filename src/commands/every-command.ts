import type { Command } from 'commander';
import { addBackup } from './operate/backup.ts';
import { addCheck } from './operate/check.ts';
import { addCompletion } from './completion/completion.ts';
import { addDemo } from './try/demo.ts';
import { addExplain } from './inspect/explain.ts';
import { addExport } from './export/export.ts';
import { addFollow } from './follow/follow.ts';
import { addHealthcheck } from './operate/healthcheck.ts';
import { addInit } from './operate/init.ts';
import { addInspect } from './inspect/inspect.ts';
import { addOutbox } from './inspect/outbox.ts';
import { addReload } from './operate/reload.ts';
import { addReplay } from './repair/replay.ts';
import { addServe } from './serve/serve.ts';
import { addSimulate } from './try/simulate.ts';
import { addOutboxCommands } from './repair/outbox-commands.ts';
import { addStatus } from './status/status.ts';
import { addStore } from './operate/store.ts';
import { addTestSink } from './try/test-sink.ts';
import { addTrack } from './track/track.ts';
import type { CommandContext } from './command-context.ts';
import { suggestArguments } from './suggest-arguments.ts';
import { suggestCommands } from './suggest-command.ts';

/** The commands in the order of the help, by what they are for. */
const GROUPS: Readonly<Record<string, readonly ((program: Command, context: CommandContext) => void)[]>> = {
  watch: [addServe, addFollow, addTrack],
  inspect: [addStatus, addInspect, addExport, addOutbox, addExplain],
  repair: [addOutboxCommands, addReplay],
  operate: [addInit, addCheck, addReload, addBackup, addStore, addHealthcheck, addCompletion],
  try: [addTestSink, addSimulate, addDemo],
};

/** Adds all commands, in the order of the help. */
export function addEveryCommand(program: Command, context: CommandContext): void {
  for (const [group, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(group);
    for (const add of commands) add(program, context);
  }
  program.commandsGroup('help').helpCommand('help [command]', 'show the options of a command and an example');
  suggestArguments(program);
  suggestCommands(program);
}
