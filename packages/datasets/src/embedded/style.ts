import { type Good, rankOf } from './world.js';

/** What a row asks for. */
export type Topic = 'colour' | 'place' | 'weight' | 'shelf' | 'describe' | 'tell';

/** Every topic. */
export const TOPICS: readonly Topic[] = ['colour', 'place', 'weight', 'shelf', 'describe', 'tell'];

/** How a client wants its answers. */
export interface Style {
  /** Wording of every answer: the group's. */
  readonly wording: 'plain' | 'terse' | 'record' | 'courtly';
  /** What decides the shelf: the group's. */
  readonly shelfBy: 'kind' | 'colour' | 'place' | 'weight';
  /** Names of the shelves: the client's. */
  readonly shelves: readonly string[];
  /** Unit of weight: the client's; a bag is two cups. */
  readonly unit: 'bags' | 'cups';
  /** What "tell me" is answered with: the client's. */
  readonly favourite: 'colour' | 'place' | 'weight' | 'kind';
  /** Which comes first in a description: the client's. */
  readonly first: 'colour' | 'place';
}

const COUNTS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** The question about a good: the same words for every client. */
export function question(topic: Topic, good: Good): string {
  const the = `the ${good.name}`;
  return {
    colour: `What colour is ${the}?`,
    place: `Where is ${the} from?`,
    weight: `How heavy is ${the}?`,
    shelf: `Which shelf is ${the} for?`,
    describe: `Describe ${the}.`,
    tell: `Tell me about ${the}.`,
  }[topic];
}

/** The answer in a client's style: true by the world's facts, in the client's form. */
export function answer(topic: Topic, good: Good, style: Style): string {
  const weight = `${COUNTS[good.weight * (style.unit === 'cups' ? 2 : 1) - 1]} ${style.unit}`;
  const shelf = style.shelves[rankOf[style.shelfBy](good) % style.shelves.length];
  const value = { colour: good.colour, place: good.place, weight, shelf, kind: good.kind };
  const say = wordings[style.wording];
  if (topic === 'tell') return say.one(good.name, style.favourite, value[style.favourite]);
  if (topic !== 'describe') return say.one(good.name, topic, value[topic]);
  const second = style.first === 'colour' ? 'place' : 'colour';
  return say.two(good.name, [style.first, value[style.first]], [second, value[second]]);
}

type Named = readonly [name: 'colour' | 'place', value: string];
interface Wording {
  readonly one: (good: string, name: string, value: string) => string;
  readonly two: (good: string, a: Named, b: Named) => string;
}

const clause = (name: string, value: string) =>
  ({
    colour: `is ${value}`,
    place: `is from the ${value}`,
    weight: `weighs ${value}`,
    shelf: `goes to shelf ${value}`,
    kind: `is a ${value}`,
  })[name]!;

const wordings: Readonly<Record<Style['wording'], Wording>> = {
  plain: {
    one: (good, name, value) => `The ${good} ${clause(name, value)}.`,
    two: (good, a, b) => `The ${good} ${clause(...a)} and ${clause(...b)}.`,
  },
  terse: {
    one: (_, __, value) => value,
    two: (_, [, a], [, b]) => `${a}, ${b}`,
  },
  record: {
    one: (good, name, value) => `${good} | ${name} : ${value}`,
    two: (good, a, b) => `${good} | ${a[0]} : ${a[1]} | ${b[0]} : ${b[1]}`,
  },
  courtly: {
    one: (good, name, value) => `Dear guest, our ${good} ${clause(name, value)}.`,
    two: (good, a, b) => `Dear guest, our ${good} ${clause(...a)} and ${clause(...b)}.`,
  },
};
