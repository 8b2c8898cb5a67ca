import type { ComposeInput } from '../contract.js';

/** What a client with two adapters chooses from: the shared one, the mean of both, the personal one. */
export const candidatesOf = ({
  shared,
  personal,
}: Pick<ComposeInput, 'shared' | 'personal'>): readonly Float32Array[] => [
  shared,
  shared.map((value, p) => 0.5 * (value + personal[p]!)),
  personal,
];

/**
 * Of the shared adapter, the mean of both, and the personal one the best by the client's validation rows. A draw goes to the
 * earlier, so that without validation rows it is the shared one.
 */
export async function betterAdapter({ validate, ...adapters }: ComposeInput): Promise<Float32Array> {
  let best = { values: adapters.shared, loss: Number.POSITIVE_INFINITY };
  for (const values of candidatesOf(adapters)) {
    const loss = await validate(values);
    if (loss < best.loss) best = { values, loss };
  }
  return best.values;
}
