import type { Command } from 'commander';
import { addBackup } from './operate/backup.ts';
import { addCheck } from './operate/check.ts';
import { addCompletion } from './completion/completion.ts';
import { addDemo } from './try/demo.ts';
import { addExplain } from './inspect/explain.ts';
import { addFollow } from './follow/follow.ts';
import { addHealthcheck } from './operate/healthcheck.ts';
import { addInspect } from './inspect/inspect.ts';
import { addOutbox } from './inspect/outbox.ts';
import { addReplay } from './repair/replay.ts';
import { addServe } from './serve/serve.ts';
import { addSimulate } from './try/simulate.ts';
import { addOutboxCommands } from './repair/outbox-commands.ts';
import { addStore } from './operate/store.ts';
import { addTestSink } from './try/test-sink.ts';
import { addTrack } from './track/track.ts';
import type { CommandContext } from './command-context.ts';

/** Adds all commands, in the order of the help. */
export function addEveryCommand(program: Command, context: CommandContext): void {
  addServe(program, context);
  addFollow(program, context);
  addTrack(program, context);
  addInspect(program, context);
  addOutbox(program, context);
  addExplain(program, context);
  addOutboxCommands(program, context);
  addReplay(program, context);
  addTestSink(program, context);
  addBackup(program, context);
  addStore(program, context);
  addCheck(program, context);
  addHealthcheck(program, context);
  addCompletion(program, context);
  addSimulate(program, context);
  addDemo(program, context);
}
