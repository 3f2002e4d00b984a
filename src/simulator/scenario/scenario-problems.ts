/**
 * Everything that is wrong with a scenario, in words that say where; empty when it can be simulated.
 *
 * Takes anything, because scenarios come from JSON files too. Unknown enum values are welcome; unknown step
 * kinds, steps out of order and steps about a candidate that was never mentioned are not.
 */
export function scenarioProblems(value: unknown): string[] {
  if (!isRecord(value)) return ['a scenario must be an object'];
  const problems: string[] = [];
  for (const field of ['findallId', 'name', 'generator']) {
    if (typeof value[field] !== 'string' || value[field] === '') problems.push(`${field} must be a text`);
  }
  if (!isRecord(value['metadata'])) problems.push('metadata must be an object');
  if (typeof value['createdAtMs'] !== 'number' || value['createdAtMs'] > 0) {
    problems.push('createdAtMs must be a number of milliseconds, 0 or negative');
  }
  const timeline: unknown = value['timeline'];
  if (!Array.isArray(timeline)) return [...problems, 'timeline must be a list of steps'];
  return [...problems, ...timelineProblems(timeline)];
}

function timelineProblems(timeline: unknown[]): string[] {
  const problems: string[] = [];
  const mentioned = new Set<string>();
  let clockMs = 0;
  for (const [index, step] of timeline.entries()) {
    const where = `timeline[${index}]`;
    if (!isRecord(step)) {
      problems.push(`${where} must be an object`);
      continue;
    }
    const atMs = step['atMs'];
    if (typeof atMs !== 'number' || !Number.isFinite(atMs)) problems.push(`${where}.atMs must be a number`);
    else if (atMs < clockMs)
      problems.push(`${where}.atMs is ${atMs}, before ${clockMs}: steps must be in order`);
    else clockMs = atMs;
    const problem = stepProblem(step, mentioned);
    if (problem !== null) problems.push(`${where}${problem}`);
  }
  return problems;
}

function stepProblem(step: Record<string, unknown>, mentioned: Set<string>): string | null {
  switch (step['kind']) {
    case 'status':
    case 'end':
      return typeof step['status'] === 'string' ? null : '.status must be a text';
    case 'revive':
      return null;
    case 'candidate':
      return candidateProblem(step['candidate'], mentioned);
    case 'vanish':
    case 'return':
    case 'enrich':
      if (step['kind'] === 'enrich' && !isRecord(step['output'])) return '.output must be an object';
      return typeof step['candidateId'] === 'string' && mentioned.has(step['candidateId'])
        ? null
        : `.candidateId ${JSON.stringify(step['candidateId'])} was not mentioned by an earlier step`;
    default:
      return `.kind ${JSON.stringify(step['kind'])} is not one of status, candidate, vanish, return, enrich, end, revive`;
  }
}

function candidateProblem(candidate: unknown, mentioned: Set<string>): string | null {
  if (!isRecord(candidate) || typeof candidate['candidate_id'] !== 'string') {
    return '.candidate.candidate_id must be a text';
  }
  if (!mentioned.has(candidate['candidate_id'])) {
    for (const field of ['name', 'url']) {
      if (typeof candidate[field] !== 'string') return `.candidate.${field} is needed at the first mention`;
    }
  }
  mentioned.add(candidate['candidate_id']);
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
