import type { ComposeInput } from '../contract.js';

/**
 * Of the shared adapter, the mean of both, and the personal one the best by the client's validation rows. A draw goes to the
 * earlier, so that without validation rows it is the shared one.
 */
export async function betterAdapter({ shared, personal, validate }: ComposeInput): Promise<Float32Array> {
  const candidates = [shared, shared.map((value, p) => 0.5 * (value + personal[p]!)), personal];
  let best = { values: shared, loss: Number.POSITIVE_INFINITY };
  for (const values of candidates) {
    const loss = await validate(values);
    if (loss < best.loss) best = { values, loss };
  }
  return best.values;
}
