/** The settings of every sink that people read, beside those of its service. */
import { open, orNull } from '../../config/forms/setting.ts';
import { text } from '../../config/forms/setting-kinds.ts';
import { reach } from './reach.ts';

const RUN_LINK = text(
  'an http or https URL with {findall_id} in it, such as https://crm.example/runs/{findall_id}',
  /^https?:\/\/.*\{findall_id\}/,
  (url) => URL.canParse(url.replaceAll('{findall_id}', 'findall_a')),
);

export const people = {
  ...reach,
  runLink: open(
    orNull(RUN_LINK),
    'Address of a page about a run, with {findall_id} where its id belongs; each message links to it. Without it, messages name the command that shows the run.',
    { when: 'set' },
  ),
};
