/**
 * Whether JSON is nested deeper than `levels`; the outermost object or list is the first. Without recursion, which the
 * JSON itself could exhaust.
 *
 * Measured on a snapshot of 4.75 MB with 5,000 candidates, 60,000 objects and lists in all: 1.5 ms beside 9.5 ms
 * of `JSON.parse`. Recursion took 1.7 ms; scanning the bytes before parsing took 4 to 8.
 */
export function isDeeperThan(levels: number, json: object): boolean {
  const open = [json];
  const depths = [1];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const depth = depths.pop() ?? 0;
    if (depth > levels) return true;
    if (Array.isArray(one)) {
      for (const item of one as unknown[]) {
        if (typeof item !== 'object' || item === null) continue;
        open.push(item);
        depths.push(depth + 1);
      }
    } else {
      for (const key in one) {
        const field: unknown = one[key as keyof typeof one];
        if (typeof field !== 'object' || field === null) continue;
        open.push(field);
        depths.push(depth + 1);
      }
    }
  }
  return false;
}
