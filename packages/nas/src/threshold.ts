const sign = 0x80000000;

/** A whole number that orders the bit patterns of float32 numbers as the numbers are: −∞ … −0 = 0 … ∞. */
function orderKey(bits: number): number {
  if (bits < sign) return (bits | sign) >>> 0;
  return bits === sign ? sign : ~bits >>> 0;
}

function fromOrderKey(key: number): number {
  return new Float32Array(Uint32Array.of(key & sign ? key & ~sign : ~key).buffer)[0];
}

/** Walks a histogram from its top until `rank` (from 1) falls into a bucket. */
function bucketOf(histogram: Uint32Array, rank: number): { readonly bucket: number; readonly rank: number } {
  let bucket = histogram.length - 1;
  let left = rank;
  while (histogram[bucket] < left) left -= histogram[bucket--];
  return { bucket, rank: left };
}

/**
 * The `rank`-th largest of numbers without NaN (1 ≤ rank ≤ length), and how many of those equal to it are among the
 * `rank` largest. Two counting passes over the halves of the bit patterns: linear whatever the numbers are.
 */
export function nthLargest(values: Float32Array, rank: number): { readonly value: number; readonly equal: number } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const high = new Uint32Array(65536);
  for (let i = 0; i < bits.length; i++) high[orderKey(bits[i]) >>> 16]++;
  const upper = bucketOf(high, rank);
  const low = new Uint32Array(65536);
  for (let i = 0; i < bits.length; i++) {
    const key = orderKey(bits[i]);
    if (key >>> 16 === upper.bucket) low[key & 0xffff]++;
  }
  const lower = bucketOf(low, upper.rank);
  return { value: fromOrderKey(((upper.bucket << 16) | lower.bucket) >>> 0), equal: lower.rank };
}
