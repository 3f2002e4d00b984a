/**
 * `npm run build`: the program and all its packages as plain JavaScript in `dist/`, because Node strips no types below
 * `node_modules`, and because one file is read faster than 800.
 */
import { build, type Plugin } from 'rolldown';

const LAZY = 'lazy:';
const CALL = /createRequire\(import\.meta\.url\)\('([\w-]+)'\)/g;

/**
 * What the source loads by `createRequire`, because it is needed seldom and without an `await`, becomes a file of its own beside
 * the others. `module.exports` is what Node's `require` gives of such a file, so CommonJS and ES modules look the same.
 */
const lazyRequires: Plugin = {
  name: 'lazy-requires',
  transform: {
    filter: { code: 'createRequire(import.meta.url)(' },
    handler(code) {
      const rewritten = code.replaceAll(CALL, (_, name: string) => {
        this.emitFile({ type: 'chunk', id: `${LAZY}${name}`, fileName: `${name}.mjs` });
        return `createRequire(import.meta.url)('./${name}.mjs')`;
      });
      // No line moves, so the source map stays as it is.
      return { code: rewritten, map: null };
    },
  },
  resolveId: (id) => (id.startsWith(LAZY) ? id : null),
  load(id) {
    if (!id.startsWith(LAZY)) return null;
    return `import * as library from '${id.slice(LAZY.length)}'; export { library as 'module.exports' };`;
  },
};

await build({
  input: { 'findall-watch': 'src/main.cjs' },
  platform: 'node',
  plugins: [lazyRequires],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
    sourcemap: true,
    sourcemapExcludeSources: true,
    // Names stay: a stack trace is read by people, and some code asks for the name of a class.
    // Parts that a running process loads late find what they need by its name: an installation beside it that replaced the
    // files then fails to load, and binds nothing to something else.
    minifyInternalExports: false,
    minify: { compress: true, mangle: false, codegen: true },
  },
});
