/// <reference types="jest" />
import { type Layout, type LowRankFactor, lowRankFactors } from '@perfit/lora';
import type { Aggregator, ServerState } from '../contract.js';
import type { Server } from './federation.js';

/** The global module and every registered client's download (masks, values, vectors), one after the other. */
export function outcome(aggregator: Aggregator, layout: Layout, { state, registry }: Server): Float32Array {
  const downloads = [...registry.keys()].sort().flatMap((client) => {
    const { mask, values, vectors = {} } = aggregator.download(state, { client, architecture: registry.get(client)! });
    return [...mask.bits, ...values, ...(aggregator.sends ?? []).flatMap((name) => [...vectors[name]])];
  });
  expect(aggregator.globalModule(state).length).toBe(layout.size);
  return Float32Array.from([...aggregator.globalModule(state), ...downloads]);
}

/** Σ B A of every site `[out, in]`, the sites one after the other. */
export function products(layout: Layout, factors: readonly LowRankFactor[]): Float32Array {
  return Float32Array.from(
    layout.sites.flatMap((site) => {
      const sum = new Float64Array(site.out * site.in);
      for (const { rank, A, B } of factors.filter((factor) => factor.site === site.name))
        for (let o = 0; o < site.out; o++)
          for (let k = 0; k < rank; k++)
            for (let i = 0; i < site.in; i++) sum[o * site.in + i] += B[o * rank + k] * A[k * site.in + i];
      return [...sum];
    }),
  );
}

/** What the frozen weights have gained under the global module: residual and σ B A. */
export function effectiveChange(aggregator: Aggregator, layout: Layout, state: ServerState, scale = 2): Float32Array {
  const own = lowRankFactors(layout, aggregator.globalModule(state), scale);
  return products(layout, [...own, ...(aggregator.residual?.(state) ?? [])]);
}

/** Every entry within 1e-6 of its size, or of 1 where it is smaller. */
export function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a.length).toBe(b.length);
  const far = [...a.keys()].filter((i) => !(Math.abs(a[i] - b[i]) <= 1e-6 * Math.max(1, Math.abs(b[i]))));
  expect(far.map((i) => [i, a[i], b[i]])).toEqual([]);
}

/** The state as it comes back from a file: the same bits in new buffers. */
export const savedAndRestored = (state: ServerState): ServerState =>
  Object.fromEntries(
    Object.entries(state).map(([name, array]) => {
      const bytes = Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      const Kind = array.constructor as Float32ArrayConstructor;
      return [name, new Kind(bytes.buffer)];
    }),
  );

/** A value with its typed arrays as lists, to compare with later. */
export const snapshot = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? [...(inner as Float32Array)] : inner)));
