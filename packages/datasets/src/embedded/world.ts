import type { Random } from '@perfit/strategy';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { shuffled } from '../shuffle.js';

/** The one seed of everything embedded: another seed is another world. */
const SEED = 20240226;

/** A stream of the embedded world, by purpose. */
export function worldRandom(purpose: number): Random {
  const generator = xoroshiro128plus(SEED + purpose);
  return () => uniformFloat64(generator);
}

const NAMES = (
  'lumo tarn fenla brask oriel pindo sulka vemra dosti kelva narb quill ' +
  'rosto jammel tivo wexel harno blim cardo yetta mosk gulen sarri zupo'
).split(' ');
const KINDS = ['fruit', 'fish', 'cloth', 'stone'];
const COLOURS = ['red', 'blue', 'green', 'white', 'black', 'yellow'];
const PLACES = ['harbour', 'forest', 'hill', 'river', 'valley', 'island'];
const WEIGHTS = [1, 2, 3, 4, 5, 6];

/** One invented good and the truth about it, on which all clients agree. */
export interface Good {
  readonly name: string;
  readonly kind: string;
  readonly colour: string;
  readonly place: string;
  /** In bags, 1 to 6; a bag is two cups. */
  readonly weight: number;
  /** Whether the corpus tells its facts. Those of new goods stand in the clients' rows only. */
  readonly isNew: boolean;
}

/** Index of a value in its attribute's list, for rules that sort by it. */
export const rankOf: Readonly<Record<'kind' | 'colour' | 'place' | 'weight', (good: Good) => number>> = {
  kind: (good) => KINDS.indexOf(good.kind),
  colour: (good) => COLOURS.indexOf(good.colour),
  place: (good) => PLACES.indexOf(good.place),
  weight: (good) => WEIGHTS.indexOf(good.weight),
};

/** Twenty-four goods; every value of an attribute belongs to equally many of them; the last six are new. */
export function goods(): readonly Good[] {
  const random = worldRandom(0);
  const spread = <T>(values: readonly T[]) => shuffled(NAMES.length, random).map((i) => values[i % values.length]);
  const [kinds, colours, places] = [KINDS, COLOURS, PLACES].map(spread);
  const weights = spread(WEIGHTS);
  return NAMES.map((name, i) => ({
    name,
    kind: kinds[i],
    colour: colours[i],
    place: places[i],
    weight: weights[i],
    isNew: i >= 18,
  }));
}
