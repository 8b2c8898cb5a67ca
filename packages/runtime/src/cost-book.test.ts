import { architectureFrom, compactLayout, createLayout, emptyArchitecture, type Site } from '@perfit/lora';
import type { ModelConfig } from '@perfit/models';
import { stepFlops, tokenCosts } from './cost-book.js';

const site = (name: string, layer: number, width: number, out: number): Site => ({
  ...{ name: `model.layers.${layer}.${name}`, layer, in: width, out },
  flops: 2 * width * out,
});
// Two layers of q [4, 3] and o [3, 4]: 48 floating-point operations a layer. A head of 5 words over 3 numbers: 30.
const sites = [0, 1].flatMap((layer) => [site('q', layer, 3, 4), site('o', layer, 4, 3)]);
const costs = tokenCosts({ layers: 2, hidden: 3, vocabulary: 5 } as ModelConfig, sites);

test('a step with every layer adapted: all products forward and backward, six operations an adapter position', () => {
  const layout = createLayout(sites, 2);
  expect(costs).toEqual({ layers: [48, 48], head: 30 });
  // P = 4 sites of rank 2: 4 · 2 · 7 = 56.
  expect(stepFlops(costs, layout, 10, 3)).toBe(10 * (96 + 96 + 6 * 56) + 3 * 60);
});

test('layers below the lowest adapted one cost their forward, pruned components nothing, single positions as before', () => {
  const layout = createLayout(sites, 2);
  const upper = compactLayout(
    layout,
    architectureFrom(layout.size, (position) =>
      layout.slots.some(
        (slot) => slot.site.layer === 1 && position >= slot.offset && position < slot.offset + slot.size,
      ),
    ),
  ).layout;
  expect(stepFlops(costs, upper, 10, 3)).toBe(10 * (96 + 48 + 6 * 28) + 3 * 60);
  const odd = compactLayout(
    layout,
    architectureFrom(layout.size, (position) => position % 2 === 1),
  ).layout;
  expect(odd.size).toBe(layout.size);
  const none = compactLayout(layout, emptyArchitecture(layout.size)).layout;
  expect(stepFlops(costs, none, 10, 3)).toBe(10 * 96 + 3 * 30);
});
