/** How text is laid out on an output: colours, links and width. */
import { styleText } from 'node:util';
import { layOut } from '../../text/wrap-text.ts';
import type { CommandContext, Output } from '../command-context.ts';

/** Colours text, or leaves it when there is no colour to be had. */
export type Paint = (style: Style, text: string) => string;

type Style = Parameters<typeof styleText>[0];

/** Paint for outputs that are not terminals. */
const plain: Paint = (_, text) => text;

/** Makes a web link, as `webLink` gave it, one to click; or leaves it. */
type LinkTo = (link: string) => string;

/** How text is laid out for the output at hand. */
export interface Layout {
  paint: Paint;
  linkTo: LinkTo;
  /** Columns of a row; Infinity where nothing is to be broken. */
  width: number;
}

/** Text as it is, for outputs that are not terminals. */
export const PLAIN: Layout = { paint: plain, linkTo: (link) => link, width: Infinity };

const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** Terminals give up on links that are longer (VTE at 2083 bytes). */
const LONGEST_LINK = 2000;

/**
 * A link to click (OSC 8). What is shown is the address itself, whole: it leads where it says. Anything that is not a web
 * link in plain characters stays text.
 */
function clickable(link: string): string {
  const isSafe = link.length <= LONGEST_LINK && /^https?:\/\/[\x21-\x7e]+$/.test(link);
  return isSafe ? `\u001b]8;;${link}\u001b\\${link}\u001b]8;;\u001b\\` : link;
}

/** The size of a terminal as it is now; 80×24 where it does not say (a serial line or a bare pty says 0). */
export function sizeOf({ columns, rows }: Output): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

/** Whether things can be redrawn in place: a terminal that understands escape sequences. */
export function isLive(output: Output, env: CommandContext['env']): boolean {
  return output.isTTY === true && env.TERM !== 'dumb';
}

/** How text is laid out on `output` as it is now (terminals are resized): broken and coloured on a terminal only. */
export function layoutFor(output: Output, env: CommandContext['env']): Layout {
  const colour = isLive(output, env) && !env.NO_COLOR;
  const width = output.isTTY === true ? sizeOf(output).columns : Infinity;
  const links = isLive(output, env) && env.TERM !== 'linux';
  return { paint: colour ? coloured : plain, linkTo: links ? clickable : PLAIN.linkTo, width };
}

/** Makes the function that says a sentence on stdout, broken at words on a terminal. */
export function createSay({ stdout, env }: Pick<CommandContext, 'stdout' | 'env'>): (text: string) => void {
  return (text) => {
    stdout.write(`${layOut([{ text, indent: 0, hang: 2 }], layoutFor(stdout, env).width).join('\n')}\n`);
  };
}
