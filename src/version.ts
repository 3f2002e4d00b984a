import packageJson from '../package.json' with { type: 'json' };

/** The program's version, as in package.json. */
export const VERSION: string = packageJson.version;

/** Of the Node that runs it, without the v. */
export const NODE_VERSION: string = process.versions.node;

/** How requests of the program name themselves. */
export const USER_AGENT = `findall-watch/${VERSION}`;
