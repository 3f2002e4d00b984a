/** The settings of every sink that people read, beside those of its service. */
import type { z } from 'zod';
import { text } from '../../config/forms/setting-kinds.ts';
import { type OwnSetting, open } from './own-setting.ts';
import { ofReach, type ReachConfig, reach, toReach } from './reach.ts';

const RUN_LINK = text(
  'an http or https URL with {findall_id} in it, such as https://crm.example/runs/{findall_id}',
  /^https?:\/\/.*\{findall_id\}/,
  (url) => URL.canParse(url.replaceAll('{findall_id}', 'findall_a')),
);

/** For the section of the sink. */
export const people = {
  ...reach,
  runLink: RUN_LINK.optional().describe(
    'Address of a page about a run, with {findall_id} where its id belongs; each message links to it. Without it, messages name the command that shows the run.',
  ),
};

export interface PeopleConfig extends ReachConfig {
  readonly runLink: string | null;
}

export function toPeople(checked: z.output<z.ZodObject<typeof people>>): PeopleConfig {
  return { ...toReach(checked), runLink: checked.runLink ?? null };
}

export const ofPeople = {
  ...ofReach,
  runLink: open(({ runLink }) => runLink ?? undefined),
} satisfies Record<keyof typeof people, OwnSetting<PeopleConfig>>;
