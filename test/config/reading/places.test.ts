import { expect, it } from 'vitest';
import { usualFiles, usualStore } from '../../../src/config/reading/places.ts';

/** As node:os has it for a user whom no list of users knows: systemd's DynamicUser, a number in a container. */
function noHome(): string {
  throw new Error('uv_os_homedir returned ENOENT');
}

it('a user without a home is looked for elsewhere', () => {
  const variables = { CONFIGURATION_DIRECTORY: '/etc/findall-watch' };
  expect(usualFiles(variables, '/here', noHome)).toEqual([
    '/here/config/findall-watch.yaml',
    '/etc/findall-watch/findall-watch.yaml',
  ]);
});

it('a user without a home keeps state where services do', () => {
  expect(usualStore({}, noHome).path).toBe('/var/lib/findall-watch/watch.db');
  expect(usualStore({ STATE_DIRECTORY: '/state' }, noHome).path).toBe('/state/watch.db');
});
