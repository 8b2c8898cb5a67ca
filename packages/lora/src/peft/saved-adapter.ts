import { isLive } from '../architecture.js';
import type { AdapterState, Layout } from '../contract.js';
import { errors } from '../errors.js';

/** An adapter as a directory of PEFT files holds it. */
export interface SavedAdapter extends AdapterState {
  readonly layout: Layout;
  /** σ = lora_alpha / r. */
  readonly scale: number;
  /** `base_model_name_or_path`; empty where there is none. */
  readonly baseModel: string;
}

/**
 * Refuses values that are not finite or lie outside of the mask; `where` names the adapter.
 *
 * @throws `not-finite`, `outside-mask`, `size-mismatch`
 */
export function checkValues(
  where: string,
  { layout, values, architecture }: AdapterState & { readonly layout: Layout },
): void {
  if (values.length !== layout.size || architecture.size !== layout.size)
    throw errors.make('size-mismatch', {
      what: `${where} has ${values.length} values and a mask of ${architecture.size} for a layout of ${layout.size}`,
      cure: 'Use values and mask of this layout',
    });
  for (const { name, offset, size } of layout.slots)
    for (let position = offset; position < offset + size; position++) {
      const value = values[position];
      if (value === 0) continue;
      if (!Number.isFinite(value))
        throw errors.make('not-finite', {
          what: `"${name}" of ${where} holds ${value} at ${position - offset}`,
          cure: 'The training diverged: lower the learning rate and train again',
        });
      if (!isLive(architecture, position))
        throw errors.make('outside-mask', {
          what: `"${name}" of ${where} holds ${value} at ${position - offset}, which its mask excludes`,
          cure: 'Write weights and mask of the same state',
        });
    }
}
