/// <reference types="jest" />
import { applyArchitecture, createLayout, difference, rankArchitecture } from '@perfit/lora';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LocalUpdate } from './contract.js';

/**
 * What every local update rule has to do, built in or not: consume the gradient and nothing else, give back one finite
 * vector of its shape, give the same for the same, and conclude what it says it concludes.
 *
 * @example
 * testLocalUpdate(() => proximalUpdate({ mu: 0.1 }), () => createEngine());
 */
export function testLocalUpdate(make: () => LocalUpdate, openEngine: () => Promise<Engine>): void {
  describe(make().name, () => {
    // Two sites of rank 3, a client of rank 2: some positions are pruned.
    const sites = ['k_proj', 'q_proj'].map((name) => ({ name, layer: 0, in: 3, out: 2, flops: 12 }));
    const layout = createLayout(sites, 3);
    const architecture = rankArchitecture(layout, 2);
    const SIZE = layout.size;
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
      const rule = make();
      const names = [...(rule.receives ?? []), ...(rule.remembers ?? [])];
      const vectors = {
        ...Object.fromEntries(names.map((name, i) => [name, vector(4 + i)])),
        ...rule.prepare?.(engine, { layout, architecture }),
      };
      const borrowed = [values, anchor, ...Object.values(vectors)];
      const before = borrowed.map((tensor) => [...engine.download(tensor)]);
      const live = engine.live();
      const result = rule.correct(engine, { gradient, values, anchor, vectors });
      expect(engine.live()).toBe(live);
      expect(borrowed.map((tensor) => [...engine.download(tensor)])).toEqual(before);
      expect([result.shape, result.dtype]).toEqual([[SIZE], 'f32']);
      const host = [...engine.download(result)];
      engine.dispose(result, ...borrowed);
      return host;
    };

    test('consumes the gradient, borrows the rest, returns one finite vector [P]', () => {
      for (const value of run()) expect(Number.isFinite(value)).toBe(true);
    });

    test('the same input gives the same gradient', () => {
      expect(run()).toEqual(run());
    });

    test('concludes with finite vectors [P], by the names that it says, and no wider architecture', () => {
      const rule = make();
      const host = (seed: number) =>
        applyArchitecture(
          Float32Array.from({ length: SIZE }, (_, p) => Math.sin(seed + p)),
          architecture,
        );
      const names = [...(rule.receives ?? []), ...(rule.remembers ?? [])];
      const vectors = Object.fromEntries(names.map((name, i) => [name, host(4 + i)]));
      const round = { layout, architecture, start: host(1), values: host(2), meanGradient: host(3), vectors };
      for (const steps of [0, 3]) {
        const { remember = {}, send = {}, architecture: next } = rule.conclude?.({ ...round, steps }) ?? {};
        expect(Object.keys(remember).sort()).toEqual([...(rule.remembers ?? [])].sort());
        expect(Object.keys(send).sort()).toEqual([...(rule.sends ?? [])].sort());
        for (const concluded of [...Object.values(remember), ...Object.values(send)]) {
          expect(concluded.length).toBe(SIZE);
          expect(concluded.every(Number.isFinite)).toBe(true);
        }
        if (next) expect(difference(next, architecture).live).toBe(0);
      }
    });
  });
}
