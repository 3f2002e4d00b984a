/** What can be said of a jq filter without jq: the paths it reads, and the strings it compares with. */

/** Every path from the root that a filter reads: `.event | [.id, .data.name]` reads event, event.id, event.data.name. */
export function pathsOf(filter: string): string[] {
  return [...new Set(readBy(withoutStrings(filter), ''))];
}

function readBy(filter: string, base: string): string[] {
  let here = base;
  return stagesOf(filter).flatMap((stage) => {
    if (/^(?:\.\w+)+$/.test(stage)) {
      here += stage;
      return [here.slice(1)];
    }
    // A group reads from what it is given and leaves the input of the next stage as it was.
    const groups = groupsOf(stage);
    const alone = groups.reduce((text, group) => text.replace(group, ' '), stage);
    const paths = [...alone.matchAll(/(?:\.\w+)+/g)].map(([path]) => `${here}${path}`.slice(1));
    return [...paths, ...groups.flatMap((group) => readBy(group.slice(1, -1), here))];
  });
}

/** The parts between the pipes and commas that stand outside any bracket. */
function stagesOf(filter: string): string[] {
  const stages = [''];
  let depth = 0;
  for (const letter of filter) {
    if ('([{'.includes(letter)) depth += 1;
    if (')]}'.includes(letter)) depth -= 1;
    if (letter === '|' && depth === 0) stages.push('');
    else stages.push(`${stages.pop() ?? ''}${letter}`);
  }
  return stages.map((stage) => stage.trim());
}

/** The outermost brackets with what they hold. */
function groupsOf(stage: string): string[] {
  const groups: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < stage.length; at += 1) {
    const letter = stage.charAt(at);
    if ('([{'.includes(letter)) {
      if (depth === 0) from = at;
      depth += 1;
    }
    if (!')]}'.includes(letter)) continue;
    depth -= 1;
    if (depth === 0) groups.push(stage.slice(from, at + 1));
  }
  return groups;
}

function withoutStrings(filter: string): string {
  return filter.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** What a filter compares event types with, as patterns: `== "…"` and `test("…")`. */
export function typePatternsOf(filter: string): RegExp[] {
  const equal = [...filter.matchAll(/\.type == "([^"]+)"/g)].map(([, type]) => `^${type}$`);
  const tested = [...filter.matchAll(/\.type \| strings \| test\("([^"]+)"\)/g)].map(
    ([, pattern]) => pattern,
  );
  return [...equal, ...tested].map((pattern) => new RegExp(pattern ?? ''));
}

/** What stands at a path of a value. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}
