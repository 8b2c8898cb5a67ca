import type { ElementType } from './contract.js';

/** Bytes of one element, in the order in which the reference library lays types out (later ones come first in a file). */
const sizes: Readonly<Record<ElementType, number>> = { U8: 1, F16: 2, BF16: 2, I32: 4, F32: 4, I64: 8 };

export const elementTypes = Object.keys(sizes) as readonly ElementType[];

export function isElementType(name: unknown): name is ElementType {
  return elementTypes.includes(name as ElementType);
}

/** Bytes that a tensor takes; `undefined` where the shape is not a list of whole numbers or overflows 2⁵³. */
export function byteLength(elementType: ElementType, shape: unknown): number | undefined {
  if (!Array.isArray(shape) || !shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0)) return undefined;
  const bytes = shape.reduce((product: number, axis: number) => product * axis, sizes[elementType]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
