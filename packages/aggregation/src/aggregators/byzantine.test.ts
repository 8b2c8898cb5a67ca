import { architectureFrom, isLive } from '@perfit/lora';
import type { Aggregator, Update } from '../contract.js';
import { nextRound, sampleLayout, seededRandom } from '../testing.js';
import { centredClipping } from './centred-clipping.js';
import { krum } from './krum.js';
import { median } from './median.js';
import { multiKrum } from './multi-krum.js';
import { sharedExclusive } from './shared-exclusive.js';
import { trimmedMean } from './trimmed-mean.js';
import { weightedMean } from './weighted-mean.js';

const layout = sampleLayout();

describe('2 of 8 clients send their change with the sign flipped, ten times as large', () => {
  const norm = (values: Float64Array) => Math.hypot(...values);
  const minus = (a: ArrayLike<number>, b: ArrayLike<number>) => Float64Array.from(a, (value, p) => value - b[p]);

  /** Honest changes of one direction with noise, masks of a density; c2 and c5 attack. */
  function attack(seed: number, density: number) {
    const random = seededRandom(seed);
    const draw = (spread: number) => Float32Array.from({ length: layout.size }, () => spread * (random() * 2 - 1));
    const [start, direction] = [draw(0.5), draw(1)];
    const changes = Array.from({ length: 8 }, () => draw(0.4).map((noise, p) => direction[p] + noise));
    const masks = changes.map(() => architectureFrom(layout.size, () => random() < density));
    const updates = changes.map((change, i): Update => {
      const factor = i === 2 || i === 5 ? -10 : 1;
      const theta = change.map((value, p) => start[p] + factor * value);
      const values = theta.filter((_, p) => isLive(masks[i], p));
      return { client: `c${i}`, mask: masks[i], architecture: masks[i], values, examples: 10, metrics: {} };
    });
    const honest = [0, 1, 3, 4, 6, 7];
    const heldBy = (p: number) => honest.filter((i) => isLive(masks[i], p)).map((i) => start[p] + changes[i][p]);
    return { start, changes, updates, honest, heldBy };
  }
  const result = (rule: Aggregator, { start, updates }: ReturnType<typeof attack>) =>
    rule.globalModule(
      nextRound(rule, layout, { state: rule.initialize(layout, start), registry: new Map() }, updates).state,
    );
  const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

  test.each([
    ['median', () => median()],
    ['trimmed-mean', () => trimmedMean({ trim: 2 })],
    ['krum', () => krum({ byzantine: 2 })],
    ['multi-krum', () => multiKrum({ byzantine: 2 })],
  ] as const)('%s stays within the honest clients’ range at every position', (_, make) => {
    for (const seed of seeds) {
      const scene = attack(seed, 1);
      const outside = [...result(make(), scene)].filter((value, p) => {
        const held = scene.heldBy(p);
        return value < Math.min(...held) - 1e-6 || value > Math.max(...held) + 1e-6;
      });
      expect(outside).toEqual([]);
    }
  });

  test.each([
    ['median', () => median()],
    ['trimmed-mean', () => trimmedMean({ trim: 2 })],
  ] as const)('%s does so under masks, wherever more than two honest clients hold a position', (_, make) => {
    for (const seed of seeds) {
      const scene = attack(seed, 0.7);
      const outside = [...result(make(), scene)].filter((value, p) => {
        const held = scene.heldBy(p);
        return held.length > 2 && (value < Math.min(...held) - 1e-6 || value > Math.max(...held) + 1e-6);
      });
      expect(outside).toEqual([]);
    }
  });

  test('centred-clipping is off by no more than (‖mean change‖ + τ) / 4, plain averaging by more than twice the mean change', () => {
    for (const seed of seeds) {
      const scene = attack(seed, 1);
      const clean = scene.start.map((_, p) => scene.heldBy(p).reduce((sum, value) => sum + value, 0) / 6);
      const change = norm(minus(clean, scene.start));
      const radius = Math.max(...scene.honest.map((i) => norm(Float64Array.from(scene.changes[i]))));
      const off = (rule: Aggregator) => norm(minus(result(rule, scene), clean));
      expect(off(centredClipping({ radius }))).toBeLessThanOrEqual((change + radius) / 4 + 1e-5);
      expect(off(weightedMean())).toBeGreaterThan(2 * change);
      expect(off(sharedExclusive())).toBeGreaterThan(2 * change);
      for (const rule of [median(), trimmedMean({ trim: 2 }), krum({ byzantine: 2 }), multiKrum({ byzantine: 2 })])
        expect(off(rule)).toBeLessThan(change / 2);
    }
  });
});
