/** Packs and installs the program as its user does, on a machine whose own Node is 20. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a command wrote, and how it ended. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A machine with npm and Node 20. */
export interface Machine {
  /** An empty directory, and the home of its user. */
  home: string;
  /** PATH with Node 20 first and no Node of the repository. */
  path: string;
  run(command: string, args: readonly string[], env?: Record<string, string>): Ran;
  remove(): void;
}

export function makeMachine(): Machine {
  const home = mkdtempSync(join(tmpdir(), 'findall-watch-package-'));
  const bin = join(home, 'old-node');
  mkdirSync(bin);
  const rest = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  symlinkSync(oldNode(rest, home), join(bin, 'node'));
  const path = [bin, ...rest].join(delimiter);
  return {
    home,
    path,
    run(command, args, env = {}) {
      // npm's own settings are the user's: they name the registry and its certificates.
      const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
      const { status, stdout, stderr } = spawnSync(command, args, {
        cwd: home,
        encoding: 'utf8',
        env: { ...Object.fromEntries(settings), PATH: path, NODE_COMPILE_CACHE: '', ...env },
      });
      return { code: status, stdout, stderr };
    },
    remove: () => rmSync(home, { recursive: true }),
  };
}

/** The machine's own where it is Node 20, else one from the registry. */
function oldNode(path: readonly string[], home: string): string {
  const own = path.map((each) => join(each, 'node')).find((each) => existsSync(each));
  if (own !== undefined && execFileSync(own, ['--version'], { encoding: 'utf8' }).startsWith('v20.'))
    return own;
  const name = `node-linux-${process.arch}`;
  const place = join(home, 'node-20');
  execFileSync('npm', ['install', '--silent', '--prefix', place, `${name}@20`], { stdio: 'inherit' });
  return join(place, 'node_modules', name, 'bin', 'node');
}
