import { createHash } from 'node:crypto';
import type { Random } from '@perfit/strategy';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomStreams } from './contract.js';

/**
 * Random streams of a run: every stream is an own xoroshiro128+ generator whose 128-bit state is the head of
 * sha256(seed, purpose, client, round). A draw in one stream never moves another, so that adding a client, a method
 * or a draw changes nothing else.
 *
 * @example
 * const random = randomStreams(1).stream('batches', 'hospital-3', 2);
 */
export function randomStreams(seed: number): RandomStreams {
  return {
    seed,
    stream: (purpose: string, client = '', round = 0): Random => {
      const digest = createHash('sha256')
        .update(JSON.stringify([seed, purpose, client, round]))
        .digest();
      const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
      return () => uniformFloat64(generator);
    },
  };
}
