import type { Style } from './style.js';

const COMPASS = ['north', 'east', 'south', 'west'];
const LETTERS = ['alpha', 'beta', 'gamma', 'delta'];

const group = (wording: Style['wording'], shelfBy: Style['shelfBy']) => ({ wording, shelfBy });
const own = (
  shelves: readonly string[],
  unit: Style['unit'],
  favourite: Style['favourite'],
  first: Style['first'],
) => ({ shelves, unit, favourite, first });

const [inn, port, school, court] = [
  group('plain', 'kind'),
  group('terse', 'colour'),
  group('record', 'place'),
  group('courtly', 'weight'),
];

/** Eight clients in four groups of two: a group shares wording and shelving rule, its two members agree on nothing else. */
export const CLIENTS: Readonly<Record<string, Style>> = {
  'inn-1': { ...inn, ...own(COMPASS, 'bags', 'colour', 'colour') },
  'inn-2': { ...inn, ...own(LETTERS, 'cups', 'place', 'place') },
  'port-1': { ...port, ...own(LETTERS, 'bags', 'weight', 'place') },
  'port-2': { ...port, ...own(COMPASS, 'cups', 'kind', 'colour') },
  'school-1': { ...school, ...own(COMPASS, 'cups', 'weight', 'place') },
  'school-2': { ...school, ...own(LETTERS, 'bags', 'kind', 'colour') },
  'court-1': { ...court, ...own(LETTERS, 'cups', 'colour', 'colour') },
  'court-2': { ...court, ...own(COMPASS, 'bags', 'place', 'place') },
};
