import { toFloat32 } from '@perfit/safetensors';

let table: Float32Array | undefined;

/** The little-endian F16 at `at`, through a table of all 65,536. */
export function half(bytes: Uint8Array, at: number): number {
  table ??= toFloat32({
    name: 'every half',
    elementType: 'F16',
    shape: [65_536],
    bytes: new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer),
  });
  return table[bytes[at] | (bytes[at + 1] << 8)];
}
