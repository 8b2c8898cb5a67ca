/// <reference types="jest" />
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LocalUpdate } from './contract.js';

/**
 * What every local update rule has to do, built in or not: consume the gradient and nothing else, give back one finite
 * vector of its shape, and give the same for the same.
 *
 * @example
 * testLocalUpdate(() => proximalUpdate({ mu: 0.1 }), () => createEngine());
 */
export function testLocalUpdate(make: () => LocalUpdate, openEngine: () => Promise<Engine>): void {
  describe(make().name, () => {
    const SIZE = 7;
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine();
    });

    const vector = (seed: number): Tensor =>
      engine.upload(
        Float32Array.from({ length: SIZE }, (_, p) => Math.sin(seed + p)),
        [SIZE],
      );
    const run = () => {
      const [gradient, values, anchor] = [vector(1), vector(2), vector(3)];
      const before = [values, anchor].map((tensor) => [...engine.download(tensor)]);
      const rule = make();
      const names = [...(rule.receives ?? []), ...(rule.remembers ?? [])];
      const vectors = Object.fromEntries(names.map((name, i) => [name, vector(4 + i)]));
      const live = engine.live();
      const result = rule.correct(engine, { gradient, values, anchor, vectors });
      expect(engine.live()).toBe(live);
      expect([values, anchor].map((tensor) => [...engine.download(tensor)])).toEqual(before);
      expect([result.shape, result.dtype]).toEqual([[SIZE], 'f32']);
      const host = [...engine.download(result)];
      engine.dispose(result, values, anchor, ...Object.values(vectors));
      return host;
    };

    test('consumes the gradient, borrows the rest, returns one finite vector [P]', () => {
      for (const value of run()) expect(Number.isFinite(value)).toBe(true);
    });

    test('the same input gives the same gradient', () => {
      expect(run()).toEqual(run());
    });
  });
}
