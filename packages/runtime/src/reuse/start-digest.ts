import { createHash, type Hash } from 'node:crypto';
import type { LowRankFactor } from '@perfit/lora';
import type { ClientRecord } from '../contract.js';

/** What local steps start at. */
export interface StepsStart {
  readonly record: ClientRecord;
  readonly searchDue: boolean;
  /** What the frozen weights have changed by. */
  readonly residual: readonly LowRankFactor[];
}

/** A digest, bit for bit, of all that a client brings to its local steps beside its configuration and its rows. */
export function startDigest({ record, searchDue, residual }: StepsStart): string {
  const { state, remembered, received } = record;
  const hash = createHash('sha256');
  feed(hash, { shared: state.shared, personal: state.personal ?? null, remembered, received, searchDue, residual });
  return hash.digest('hex');
}

/** Values of every kind under their keys, keys in order, so that no two different values feed the same bytes. */
function feed(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name} ${value.byteLength}:`);
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`{${entries.length}:`);
    for (const [key, part] of entries) {
      hash.update(`${JSON.stringify(key)}:`);
      feed(hash, part);
    }
  } else hash.update(`${JSON.stringify(value)},`);
}
