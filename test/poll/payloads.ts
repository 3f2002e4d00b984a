// cspell:ignore bovbjerg hirtshals rubjerg skagen
import { RUN_ID } from '../builders/model-builders.ts';

/** Bodies in the shapes that the API's documents show, about an invented search for lighthouses. */

export function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

/** As the guides show a completed run: every field said, outputs as `{value, type, is_matched}`. */
export function completedPayload() {
  return {
    run: {
      findall_id: RUN_ID,
      status: {
        status: 'completed',
        is_active: false,
        metrics: { generated_candidates_count: 6, matched_candidates_count: 1 },
        termination_reason: 'match_limit_met',
      },
      generator: 'core',
      metadata: { team: 'coast' },
      created_at: '2026-02-01T08:00:00.125000Z',
      modified_at: '2026-02-01T08:03:17.250000Z',
    },
    candidates: [
      {
        candidate_id: 'candidate_skagen',
        name: 'Skagen Grå',
        url: 'https://skagen.example',
        description: 'A lighthouse of grey brick at the northern tip',
        match_status: 'matched',
        output: {
          still_lit_check: { value: 'lit since 1858', type: 'match_condition', is_matched: true },
          height: { value: '46 m', type: 'enrichment' },
        },
        basis: [
          {
            field: 'still_lit_check',
            citations: [
              { title: 'List of lights', url: 'https://lights.example/4', excerpts: ['Fl W 4s 44m 20M'] },
            ],
            reasoning: 'The current list of lights has it in service.',
            confidence: 'high',
          },
        ],
      },
    ],
    last_event_id: '5e1f00d',
  };
}

/** As the refresh page shows it: nothing but what must be there. */
export function minimalPayload() {
  return {
    run: {
      findall_id: RUN_ID,
      status: {
        status: 'completed',
        is_active: false,
        metrics: { generated_candidates_count: 2, matched_candidates_count: 2 },
      },
      generator: 'base',
    },
    candidates: [
      { candidate_id: 'candidate_a', name: 'Rubjerg', url: 'https://a.example/', match_status: 'matched' },
      { candidate_id: 'candidate_b', name: 'Hirtshals', url: 'https://b.example/', match_status: 'matched' },
    ],
    last_event_id: '5e1f00e',
  };
}

/** As the OpenAPI example shows a running one: outputs as plain texts, a URL without scheme. */
export function runningPayload() {
  return {
    run: {
      findall_id: RUN_ID,
      status: {
        status: 'running',
        is_active: true,
        metrics: { generated_candidates_count: 1, matched_candidates_count: 1 },
      },
      generator: 'base',
      metadata: {},
      created_at: '2026-02-01T08:00:00.626446Z',
      modified_at: '2026-02-01T08:00:00.627376Z',
    },
    candidates: [
      {
        candidate_id: 'candidate_bovbjerg',
        name: 'Bovbjerg',
        url: 'bovbjerg.example',
        match_status: 'matched',
        output: { still_lit_check: 'yes' },
        basis: [
          {
            field: 'still_lit_check',
            citations: [{ title: 'Red tower', url: 'https://red.example/', excerpts: ['lit', 'since 1877'] }],
            reasoning: 'Two sources name it as lit.',
            confidence: 'low',
          },
        ],
      },
    ],
  };
}

/** As older documents show it: no `run`, id and status at the top. */
export function flatPayload() {
  const { run, candidates } = minimalPayload();
  return { findall_id: run.findall_id, status: run.status, candidates };
}

/** The body of the API's first version. */
export function v0Payload() {
  return {
    findall_id: RUN_ID,
    is_active: true,
    is_finalized: false,
    results: [{ entity_id: 'e1', name: 'Rubjerg', url: 'https://a.example/' }],
  };
}
