import type { Finding } from './company.ts';

type Given = Pick<Finding, 'value' | 'reasoning' | 'source' | 'title' | 'excerpt'> &
  Partial<Pick<Finding, 'isMatched' | 'confidence'>>;

/** Condition: builds software for grid-scale storage. */
export const product = (given: Given): Finding => ({
  isMatched: true,
  confidence: 'high',
  ...given,
  field: 'grid_storage_software_check',
});

/** Condition: founded after 2020. */
export const founded = (
  year: number,
  source: string,
  title: string,
  confidence: Finding['confidence'] = 'high',
) => ({
  field: 'founded_after_2020_check',
  value: String(year),
  isMatched: year > 2020,
  confidence,
  reasoning:
    year > 2020
      ? `The company's own account gives ${year} as its founding year, which is after 2020.`
      : `Every source dates the founding to ${year}, which is not after 2020.`,
  source,
  title,
  excerpt: `Founded in ${year} …`,
});

/** Condition: raised a seed round. Not every candidate is judged by it. */
export const funded = (given: Given): Finding => ({
  isMatched: true,
  confidence: 'medium',
  ...given,
  field: 'seed_funding_check',
});
