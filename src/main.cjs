/**
 * Where the program begins: asks for the right Node, keeps what V8 compiles, and starts `process.ts`.
 *
 * Plain JavaScript without imports, so that any Node can read it. `main.ts` is a symbolic link to this file: Node looks at the
 * ending of the real file, and an older one that finds `.ts` there ends with a stack trace before any line is run. The
 * bundle contains the same file.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `findall-watch: Node 24.15 or later is needed, and this is Node ${process.versions.node}
  npm installs it beside the program on Linux (x64, arm64), unless optional packages are omitted: start the program with
  findall-watch, npx findall-watch or npm start, which use it.
  Elsewhere: https://nodejs.org/en/download
`,
  );
  process.exitCode = 78;
} else {
  // Node would open its debugger to every user of this machine: a listener keeps it from that.
  process.on('SIGUSR1', () => {});
  // Where users keep such files, which takes a third off every start: not in the shared /tmp, where anybody could leave code
  // for us. `NODE_COMPILE_CACHE` is Node's own variable and comes first; without any directory there is no cache.
  const { CACHE_DIRECTORY, XDG_CACHE_HOME, HOME } = process.env;
  const caches = XDG_CACHE_HOME ?? (HOME ? `${HOME}/.cache` : undefined);
  const directory = CACHE_DIRECTORY ?? (caches ? `${caches}/findall-watch` : undefined);
  if (directory) {
    // As `make-directory.ts`: left to Node, a directory below /proc would never be made and never be refused.
    const { existsSync, mkdirSync } = process.getBuiltinModule('node:fs');
    let path = '';
    for (const part of directory.split('/')) {
      path += `${part}/`;
      try {
        if (!existsSync(path)) mkdirSync(path, 0o700);
      } catch {
        // Then there is no cache.
        break;
      }
    }
    if (existsSync(directory)) process.getBuiltinModule('node:module').enableCompileCache(directory);
  }
  import('./process.ts').catch((error) => {
    // What Node calls it depends on which file it could not open; of the others the program speaks itself.
    if (!/too many open files|file table overflow/.test(error.message)) throw error;
    process.stderr.write(`findall-watch: the program cannot be started: this process has too many open files
  raise its limit (ulimit -n 1024), then run the command again
`);
    process.exitCode = 78;
  });
}
