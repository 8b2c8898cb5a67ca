import { type Architecture, wordsOf } from '@perfit/lora';

/** The positions that any of several masks holds, as they come in. */
export interface MaskUnion {
  readonly add: (mask: Architecture) => void;
  readonly has: (position: number) => boolean;
}

/** A union over `size` positions. */
export function maskUnion(size: number): MaskUnion {
  const union = new Int32Array(Math.ceil(size / 32));
  return {
    add: ({ bits }) => {
      const words = wordsOf(bits);
      for (let i = 0; i < union.length; i++) union[i] |= words[i];
    },
    has: (position) => ((union[position >>> 5] >>> (position & 31)) & 1) === 1,
  };
}
