import { readFileSync } from 'node:fs';
import { createLayout, fullArchitecture, type LowRankFactor, mergeDelta, pack, rankArchitecture } from '@perfit/lora';
import type { Aggregator, ServerState } from '../contract.js';
import { contextOf } from '../testing.js';
import { fedExLora } from './fed-ex-lora.js';
import { flexLora } from './flex-lora.js';
import { flora } from './flora.js';
import { hetLora } from './het-lora.js';

/** Made by tools/golden/aggregation_adapters.py. */
const golden = JSON.parse(readFileSync(new URL('./adapters.golden.json', import.meta.url), 'utf8')) as {
  readonly sites: readonly { readonly name: string; readonly in: number; readonly out: number }[];
  readonly rank: number;
  readonly scale: number;
  readonly start: readonly number[];
  readonly clients: readonly { readonly client: string; readonly rank: number; readonly examples: number }[];
  readonly rounds: readonly (readonly (readonly number[])[])[];
  readonly expected: {
    readonly flora: readonly (readonly number[])[][];
    readonly fedExLora: readonly { readonly g: readonly number[]; readonly residual: readonly (readonly number[])[] }[];
    readonly flexLora: readonly (readonly number[])[];
    readonly hetLora: readonly (readonly number[])[];
  };
};
const layout = createLayout(
  golden.sites.map((site) => ({ ...site, layer: 0, flops: 2 * site.in * site.out })),
  golden.rank,
);
const start = Float32Array.from(golden.start);

/** The server state after each of the two rounds. */
function play(aggregator: Aggregator): readonly ServerState[] {
  let state = aggregator.initialize(layout, start);
  return golden.rounds.map((thetas, r) => {
    const fold = aggregator.fold(state, { ...contextOf({ state, registry: new Map() }, layout, r + 1, golden.scale) });
    for (const [i, { client, rank, examples }] of golden.clients.entries()) {
      const mask = rankArchitecture(layout, rank);
      const values = pack(Float32Array.from(thetas[i]), mask);
      fold.add({ client, mask, architecture: mask, values, examples, metrics: {} });
    }
    state = fold.finish();
    return state;
  });
}

const product = ({ site: name, rank, A, B }: LowRankFactor) => {
  const site = golden.sites.find((each) => each.name === name)!;
  const one = createLayout([{ ...site, layer: 0, flops: 1 }], rank);
  return mergeDelta(one, Float32Array.from([...A, ...B]), site, 1);
};

function expectNear(found: Iterable<number>, expected: readonly number[]): void {
  const numbers = [...found];
  expect(numbers.length).toBe(expected.length);
  for (const [i, value] of numbers.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2e-6);
}

describe('against NumPy: three ranks, two sites, two rounds', () => {
  test('FLoRA: the mean of the products without the start, added up', () => {
    for (const [r, state] of play(flora()).entries()) {
      const residual = flora().residual!(state);
      for (const [s, factor] of residual.entries()) expectNear(product(factor), golden.expected.flora[r][s]);
      expect(residual.map(({ site }) => site)).toEqual(['a', 'b']);
      const { values } = flora().download(state, { client: 'x', architecture: fullArchitecture(layout.size) });
      expect(values).toEqual(start);
    }
  });

  test('FedEx-LoRA: means of A and of B, and what their product misses, added up', () => {
    for (const [r, state] of play(fedExLora()).entries()) {
      const { g, residual } = golden.expected.fedExLora[r];
      expectNear(fedExLora().globalModule(state), g);
      for (const [s, factor] of fedExLora().residual!(state).entries()) expectNear(product(factor), residual[s]);
    }
  });

  test('FlexLoRA: the SVD of the mean of the products, signs included, and its cuts', () => {
    for (const [r, state] of play(flexLora()).entries()) {
      expectNear(flexLora().globalModule(state), golden.expected.flexLora[r]);
      for (const { client, rank } of golden.clients) {
        const architecture = rankArchitecture(layout, rank);
        const { mask, values } = flexLora().download(state, { client, architecture });
        expect(mask).toEqual(architecture);
        expectNear(values, [...pack(Float32Array.from(golden.expected.flexLora[r]), architecture)]);
      }
    }
  });

  test('HetLoRA: the mean weighted by the norms of the products, padded with zeros', () => {
    for (const [r, state] of play(hetLora()).entries())
      expectNear(hetLora().globalModule(state), golden.expected.hetLora[r]);
  });
});
