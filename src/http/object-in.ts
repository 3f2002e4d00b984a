import type { Answer } from './post.ts';

/** The object that an answer is, or an empty one: a proxy in front of a service may answer anything. */
export function objectIn({ text }: Pick<Answer, 'text'>): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as object | null) };
  } catch {
    return {};
  }
}
