import type { Company } from './company.ts';
import { founded, funded, product } from './storage-findings.ts';

/** Objective of the runs that evaluate these companies. */
export const STORAGE_OBJECTIVE =
  'Find seed-funded startups founded after 2020 that build software for grid-scale battery storage';

/** Judged by two or three conditions each. Six of the twelve satisfy them all. */
export const STORAGE_COMPANIES: readonly Company[] = [
  {
    name: 'Northwind Labs',
    site: 'northwind-labs.example',
    description: 'Dispatch software that decides when a grid battery charges and discharges.',
    findings: [
      product({
        value: 'Dispatch optimiser for grid batteries',
        reasoning: 'The product page describes an optimiser in use at three battery sites above 50 MW.',
        source: 'product',
        title: 'Northwind Dispatch',
        excerpt: 'Northwind Dispatch schedules 180 MW of batteries, every five minutes.',
      }),
      founded(2022, 'about', 'About Northwind Labs'),
      funded({
        value: 'EUR 4.2 million seed round, March 2024',
        reasoning: 'A trade paper and the company both report one seed round and no earlier funding.',
        source: 'https://gridpress.example/2024/northwind-seed',
        title: 'Northwind Labs raises EUR 4.2 million',
        excerpt: 'The Aarhus company closed its seed round on Tuesday.',
      }),
    ],
  },
  {
    name: 'Peakshave',
    site: 'peakshave.example',
    description: 'Helps factories shave their load peaks with rented battery containers.',
    findings: [
      product({
        value: 'Behind-the-meter peak shaving',
        isMatched: false,
        confidence: 'medium',
        reasoning: 'The batteries stand behind the meter of single factories; nothing points to grid scale.',
        source: 'how-it-works',
        title: 'How Peakshave works',
        excerpt: 'One container, one factory, up to 30 % off your demand charge.',
      }),
      founded(2021, 'team', 'The Peakshave team'),
    ],
  },
  {
    name: 'Tidewater Analytics',
    site: 'tidewater-analytics.example',
    description: 'Predicts how grid batteries age under different market strategies.',
    findings: [
      product({
        value: 'Degradation forecasts for storage operators',
        reasoning: 'Its customers are operators of utility-scale storage; the software prices every cycle.',
        source: 'customers',
        title: 'Who uses Tidewater',
        excerpt: 'Operators of 2.1 GWh of grid storage plan with Tidewater.',
      }),
      founded(2023, 'about', 'Our story'),
      funded({
        value: 'USD 3 million seed round, 2025',
        reasoning: 'The investor lists the company in its seed portfolio of 2025.',
        source: 'https://first-light-fund.example/portfolio',
        title: 'First Light Fund: portfolio',
        excerpt: 'Tidewater Analytics (seed, 2025)',
      }),
    ],
  },
  {
    name: 'Voltaic Harbor',
    site: 'voltaic-harbor.example',
    description: 'Builds and owns battery parks next to container ports.',
    findings: [
      product({
        value: 'Developer and owner of battery parks',
        isMatched: false,
        reasoning: 'It develops and owns parks; the control software is bought from others.',
        source: 'parks',
        title: 'Our parks',
        excerpt: 'We plan, build and own 400 MWh at four harbours.',
      }),
      founded(2021, 'company', 'Company'),
    ],
  },
  {
    name: 'Quiet Grid',
    site: 'quietgrid.example',
    description: 'A control layer that lets mixed battery fleets answer grid frequency calls.',
    findings: [
      product({
        value: 'Frequency response for battery fleets',
        reasoning: 'The transmission operator lists it as software supplier of two reserve units.',
        source: 'https://balancing.example/suppliers',
        title: 'Approved suppliers of reserve control',
        excerpt: 'Quiet Grid Oy, fleet controller 2.x',
      }),
      founded(2021, 'story', 'How Quiet Grid began', 'medium'),
    ],
  },
  {
    name: 'Ohm & Daughters',
    site: 'ohm-and-daughters.example',
    description: 'Engineering office that has designed substations for three generations.',
    findings: [
      product({
        value: 'Consulting on substations',
        isMatched: false,
        reasoning: 'No software of its own is offered; storage appears once, as a reference project.',
        source: 'services',
        title: 'Services',
        excerpt: 'Protection studies, earthing, site supervision.',
      }),
      founded(1974, 'history', 'Fifty years of Ohm & Daughters'),
    ],
  },
  {
    name: 'Lumen Reserve',
    site: 'lumen-reserve.example',
    description: 'Trades the capacity of grid batteries on three reserve markets at once.',
    findings: [
      product({
        value: 'Market bidding for grid batteries',
        reasoning: 'The company page and a customer both describe automatic bidding for 90 MW of storage.',
        source: 'bidding',
        title: 'Bidding without a trading floor',
        excerpt: 'Lumen bids your battery into day-ahead, intraday and reserve.',
      }),
      founded(2022, 'about', 'About us'),
      funded({
        value: 'USD 5.5 million seed round, 2024',
        reasoning: 'Two independent reports name the round and its lead investor.',
        source: 'https://gridpress.example/2024/lumen-reserve',
        title: 'Lumen Reserve comes out of stealth',
        excerpt: 'The seed round was led by Harbour Street Capital.',
      }),
    ],
  },
  {
    name: 'Saltmarsh Cells',
    site: 'saltmarsh-cells.example',
    description: 'Develops a sodium cell for stationary storage.',
    findings: [
      product({
        value: 'Cell maker',
        isMatched: false,
        reasoning: 'The company makes cells; software is not mentioned anywhere.',
        source: 'technology',
        title: 'Technology',
        excerpt: 'A sodium cell without cobalt, made on existing lines.',
      }),
      founded(2023, 'about', 'About Saltmarsh'),
    ],
  },
  {
    name: 'Fallow Energy',
    site: 'fallow-energy.example',
    description: 'Plans where storage relieves congested lines, from open grid data.',
    findings: [
      product({
        value: 'Siting software for grid storage',
        reasoning: 'Grid companies use its planning tool to place batteries; two case studies name them.',
        source: 'cases/eastern-lines',
        title: 'Relieving the eastern lines',
        excerpt: 'Fallow found four sites where 20 MW would defer a new line.',
      }),
      founded(2024, 'hello', 'Hello from Fallow'),
    ],
  },
  {
    name: 'Gridsmith',
    site: 'gridsmith.example',
    description: 'Open-source simulator of distribution grids, kept by a university group.',
    findings: [
      product({
        value: 'Research software',
        isMatched: false,
        confidence: 'low',
        reasoning: 'It simulates storage, but it is a research project and not a company.',
        source: 'readme',
        title: 'Gridsmith read-me',
        excerpt: 'Maintained by the Power Systems group.',
      }),
      founded(2019, 'readme', 'Gridsmith read-me'),
    ],
  },
  {
    name: 'Amber Interval',
    site: 'amber-interval.example',
    description: 'Settles what a grid battery earned, interval by interval, for its lenders.',
    findings: [
      product({
        value: 'Revenue settlement for storage',
        reasoning: 'Its only product reconciles market settlements of grid batteries for banks.',
        source: 'product/settlement',
        title: 'Settlement',
        excerpt: 'Every interval, every market, one number your lender accepts.',
      }),
      founded(2023, 'about', 'About Amber Interval'),
      funded({
        value: 'GBP 2.8 million seed round, 2025',
        confidence: 'low',
        reasoning: 'Only the company itself reports the round; the amount fits its filed accounts.',
        source: 'news/seed',
        title: 'We raised a seed round',
        excerpt: 'GBP 2.8 million to make storage bankable.',
      }),
    ],
  },
  {
    name: 'Second Spring',
    site: 'second-spring.example',
    description: 'Gives used car batteries a second life in street cabinets.',
    findings: [
      product({
        value: 'Second-life hardware',
        isMatched: false,
        reasoning: 'Cabinets of 200 kWh are far below grid scale, and the product is hardware.',
        source: 'cabinet',
        title: 'The cabinet',
        excerpt: '200 kWh from twelve retired packs.',
      }),
      founded(2020, 'about', 'About'),
    ],
  },
];
