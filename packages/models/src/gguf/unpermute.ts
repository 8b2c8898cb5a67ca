/**
 * Undoes the order in which llama.cpp's converter writes the rows of q and k `[heads · d, width]`: it interleaves the
 * two halves of a head, so that RoPE turns neighbours; Hugging Face turns row i with row i + d/2.
 */
export function unpermute(rows: Float32Array, heads: number, width: number): Float32Array {
  const size = rows.length / width / heads;
  const values = new Float32Array(rows.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < size; row++) {
      const from = head * size + 2 * (row % (size / 2)) + Math.floor(row / (size / 2));
      values.set(rows.subarray(from * width, (from + 1) * width), (head * size + row) * width);
    }
  return values;
}
