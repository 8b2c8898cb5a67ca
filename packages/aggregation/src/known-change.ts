import { intersect, pack, unpack, unpackInto } from '@perfit/lora';
import type { ComparedUpload } from './agreement.js';
import { type ClientVector, copyMask, copyVector } from './client-vectors.js';
import type { Download, Update } from './contract.js';

/** One client's upload while a round is folded. */
export type KeptUpload = ClientVector & ComparedUpload & { readonly examples: number };

/**
 * An update's values minus what its client started from, where the server knows it: what it was sent last; for a client
 * that never sent anything, which starts from θ₀ with that written in, everywhere.
 *
 * @param sent the client's latest download, adopted as it was.
 * @param start θ₀ `[P]`, for a client that never sent anything.
 */
function knownChange({ client, mask, values }: Update, sent: Download, start?: Float32Array): ClientVector {
  const known = start ? mask : intersect(mask, sent.mask);
  const from = start ? start.slice() : new Float32Array(mask.size);
  unpackInto(from, sent.mask, sent.values);
  const theta = unpack(mask, values);
  return {
    client,
    mask: copyMask(known),
    values: pack(
      theta.map((value, p) => value - from[p]),
      known,
    ),
  };
}

/** What is kept of an update until all of a round's have come, in arrays of its own; parameters as of {@link knownChange}. */
export function keepUpload(update: Update, sent: Download, start?: Float32Array): KeptUpload {
  const { architecture, examples } = update;
  return {
    ...copyVector(update),
    architecture: copyMask(architecture),
    change: knownChange(update, sent, start),
    examples,
  };
}
