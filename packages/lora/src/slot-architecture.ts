import { architectureFrom } from './architecture.js';
import type { Architecture, Layout, Slot } from './contract.js';

function* positionsOf(slots: readonly Slot[]): Generator<number> {
  for (const { offset, size } of slots)
    for (let position = offset; position < offset + size; position++) yield position;
}

/** Every position of the slots that a predicate accepts. */
export function slotArchitecture(layout: Layout, accepts: (slot: Slot) => boolean): Architecture {
  return architectureFrom(layout.size, positionsOf(layout.slots.filter(accepts)));
}
