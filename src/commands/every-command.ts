import type { Command } from 'commander';
import { addBackup } from './backup.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion/completion.ts';
import { addDemo } from './demo.ts';
import { addExplain } from './explain.ts';
import { addFollow } from './follow.ts';
import { addHealthcheck } from './healthcheck.ts';
import { addInspect } from './inspect.ts';
import { addOutbox } from './outbox.ts';
import { addReplay } from './replay.ts';
import { addServe } from './serve.ts';
import { addSimulate } from './simulate.ts';
import { addSteerOutbox } from './steer-outbox.ts';
import { addStore } from './store.ts';
import { addTestSink } from './test-sink.ts';
import { addTrack } from './track.ts';
import type { CommandContext } from './command-context.ts';

/** Adds all commands, in the order of the help. */
export function addEveryCommand(program: Command, context: CommandContext): void {
  addServe(program, context);
  addFollow(program, context);
  addTrack(program, context);
  addInspect(program, context);
  addOutbox(program, context);
  addExplain(program, context);
  addSteerOutbox(program, context);
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
