/// <reference types="jest" />
import { architectureFrom, isLive } from '@perfit/lora';
import type { Bench } from './bench.js';
import { nextRound, sampleUpdate, seededRandom, startServer } from './federation.js';
import { expectClose } from './outcome.js';

/**
 * That a rule reads masks: values belong to the live positions of their mask, in order. Rules of products may share what
 * they learn out between all of A and B, so that this is not asked of them.
 */
export function testPositions({ make, layout, traits, demands }: Bench): void {
  if (demands.components) return;
  const mask = architectureFrom(layout.size, [3, 7, 8, 20, 37]);
  /** Clients of one mask; each client's values by the seed, or all clients' alike. */
  const updates = (seed: number, alike = false) =>
    Array.from({ length: Math.max(2, traits.minimumClients) }, (_, i) =>
      sampleUpdate(`c${i}`, mask, 1 + i, seededRandom(alike ? seed : seed + i), demands),
    );
  const after = (list: ReturnType<typeof updates>) => {
    const aggregator = make();
    return aggregator.globalModule(nextRound(aggregator, layout, startServer(aggregator, layout), list).state);
  };
  const off = (g: Float32Array) => g.filter((_, p) => !isLive(mask, p));

  test('values land on the positions of their mask, and on no other', () => {
    expectClose(off(after(updates(31))), off(after(updates(57))));
  });

  if (traits.weighted)
    test('where all clients send the same values, that is what the positions of their mask get', () => {
      const list = updates(41, true);
      expectClose(
        after(list).filter((_, p) => isLive(mask, p)),
        list[0].values,
      );
    });
}
