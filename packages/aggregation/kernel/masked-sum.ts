/**
 * Masked sums in 128-bit SIMD: the sources of `src/masked-sum-binary.ts`, in AssemblyScript; `node
 * tools/build-masked-sum.mjs` compiles them. Pointers are bytes in the module's memory, whose first 256 bytes are
 * a table.
 *
 * A mask is read four bits at a time. Of an update's packed values the next four are loaded, and a shuffle looked up by
 * the four bits spreads them to their positions, with 0 at those that are not held: no branch depends on a bit.
 */

/** For every four bits, at 16 times their value: where each lane takes its bytes from; 0x80 stands for 0. */
const SHUFFLES: usize = 0;

function fillShuffles(): void {
  for (let four: usize = 0; four < 16; four++) {
    let held: u32 = 0;
    for (let lane: usize = 0; lane < 4; lane++) {
      const holds = <u32>(four >> lane) & 1;
      store<u32>(SHUFFLES + (four << 4) + (lane << 2), holds ? 0x03020100 + held * 0x04040404 : 0x80808080);
      held += holds;
    }
  }
}
fillShuffles();

function addTwo(at: usize, x: v128): void {
  v128.store(at, f64x2.add(v128.load(at), x));
}

function addEight(at: usize, x: v128): void {
  v128.store(at, i16x8.add(v128.load(at), x));
}

/** Adds n times the values that four bits hold, taken from `values` on, to their four sums. */
function addFour(sum: usize, values: usize, four: u32, n: v128): void {
  const spread = v128.swizzle(v128.load(values), v128.load(four & 0xf0, SHUFFLES));
  addTwo(sum, f64x2.mul(f64x2.promote_low_f32x4(spread), n));
  addTwo(sum + 16, f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<i64>(spread, spread, 1, 1)), n));
}

/** Where the values past the lowest `bits` bits of a word begin. */
function past(values: usize, word: u32, bits: u32): usize {
  return values + (popcnt<u32>(word & ((1 << bits) - 1)) << 2);
}

/**
 * Adds n times an update's values to the sums of `words` words of positions: sum[p_j] += n · values[j], in f64. Reads up
 * to 12 bytes past the last value.
 *
 * @returns where the next word's values begin.
 */
export function addValues(sum: usize, bits: usize, words: usize, values: usize, n: f64): usize {
  const ns = f64x2.splat(n);
  for (const end = bits + (words << 2); bits < end; bits += 4, sum += 256) {
    const word = load<u32>(bits);
    if (word === 0) continue;
    addFour(sum, values, word << 4, ns);
    addFour(sum + 32, past(values, word, 4), word, ns);
    addFour(sum + 64, past(values, word, 8), word >> 4, ns);
    addFour(sum + 96, past(values, word, 12), word >> 8, ns);
    addFour(sum + 128, past(values, word, 16), word >> 12, ns);
    addFour(sum + 160, past(values, word, 20), word >> 16, ns);
    addFour(sum + 192, past(values, word, 24), word >> 20, ns);
    addFour(sum + 224, past(values, word, 28), word >> 24, ns);
    values += popcnt<u32>(word) << 2;
  }
  return values;
}

/** Adds n to the counts, of 16 bits each, of the positions that are held; wraps past 65535. */
export function addCounts(counts: usize, bits: usize, words: usize, n: i32): void {
  const ns = i16x8.splat(<i16>n);
  const low = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  const high = i16x8.shl(low, 8);
  for (const end = bits + (words << 2); bits < end; bits += 2, counts += 32) {
    const sixteen = v128.load16_splat(bits);
    addEight(counts, v128.and(i16x8.eq(v128.and(sixteen, low), low), ns));
    addEight(counts + 16, v128.and(i16x8.eq(v128.and(sixteen, high), high), ns));
  }
}

/** Whether all of `count` values are finite. Reads up to 12 bytes past the last, which must be finite as well. */
export function allFinite(values: usize, count: usize): bool {
  const magnitude = i32x4.splat(0x7fffffff);
  const lastPlace = i32x4.splat(0x00800000);
  let seen = i32x4.splat(0);
  // The exponent of what is not finite is all ones, so that one more in its last place reaches the sign.
  for (const end = values + (count << 2); values < end; values += 16)
    seen = v128.or(seen, i32x4.add(v128.and(v128.load(values), magnitude), lastPlace));
  return i32x4.bitmask(seen) === 0;
}

/** Ones of `words` words, an even number. */
export function ones(bits: usize, words: usize): i32 {
  let count: u64 = 0;
  for (const end = bits + (words << 2); bits < end; bits += 8) count += popcnt<u64>(load<u64>(bits));
  return <i32>count;
}

/** Whether all of a mask's ones are ones of another mask too, of `words` words, an even number. */
export function inside(mask: usize, other: usize, words: usize): bool {
  let outside: u64 = 0;
  for (const end = mask + (words << 2); mask < end; mask += 8, other += 8)
    outside |= load<u64>(mask) & ~load<u64>(other);
  return outside === 0;
}
