// Small f32 matrix products on one thread, for operands that lie in its cache.
#ifndef PERFIT_PRODUCT_H_
#define PERFIT_PRODUCT_H_

#include <algorithm>
#include <type_traits>

#include "vector.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace perfit {

// Columns of a panel: two vectors. Rows of a tile: what fits into the registers beside them.
constexpr int64_t kPanel = 2 * kWidth;
#if defined(__AVX512F__)
constexpr int kTile = 12;
#else
constexpr int kTile = 6;
#endif

// A matrix as a pointer and two strides.
template <class T>
struct View {
  const T* at;
  int64_t row, column;
};
typedef View<float> Strided;

// Panels that n columns fill.
inline int64_t Panels(int64_t n) { return (n + kPanel - 1) / kPanel; }

// Elements that Pack writes for a [k, n] matrix.
inline int64_t PackedSize(int64_t k, int64_t n) { return Panels(n) * kPanel * k; }

// Lays B [k, n] out as panels of kPanel columns, each contiguous, padded with zeros.
template <class T>
inline void Pack(int64_t k, int64_t n, View<T> b, T* panels) {
  const int64_t whole = n - n % kPanel;
  T* const edge = panels + whole * k;
  if (whole < n) memset(edge, 0, k * kPanel * sizeof(T));
  if (b.column == 1) {
    for (int64_t i = 0; i < k; ++i) {
      const T* from = b.at + i * b.row;
      for (int64_t first = 0; first < whole; first += kPanel) {
        T* const to = panels + first * k + i * kPanel;
        Store(to, Load(from + first));
        Store(to + kWidth, Load(from + first + kWidth));
      }
      if (whole < n) memcpy(edge + i * kPanel, from + whole, (n - whole) * sizeof(T));
    }
    return;
  }
  for (int64_t column = 0; column < n; ++column) {
    T* const to = panels + column / kPanel * kPanel * k + column % kPanel;
    for (int64_t i = 0; i < k; ++i) to[i * kPanel] = b.at[i * b.row + column * b.column];
  }
}

// sums += the kRows rows of A [kRows, k] times one panel.
template <int kRows>
inline void Accumulate(int64_t k, Strided a, const float* panel, F (&sums)[kRows][2]) {
  for (int64_t i = 0; i < k; ++i, panel += kPanel) {
    const F left = Load(panel), right = Load(panel + kWidth);
#pragma GCC unroll 12
    for (int row = 0; row < kRows; ++row) {
      const F factor = Splat(a.at[row * a.row + i * a.column]);
      sums[row][0] += factor * left;
      sums[row][1] += factor * right;
    }
  }
}

// Two bf16 of the inner axis, side by side. Where the processor has instructions for it they are multiplied and added up in
// f32 at once, twice as many a cycle as f32.
struct Pair {
  BFloat16 first, second;
};
#if defined(__AVX512BF16__)
constexpr bool kPairs = true;

// sums += the kRows rows of A [kRows, k], whose columns lie side by side, times one panel of pairs [k / 2, kPanel].
template <int kRows>
inline void Accumulate(int64_t k, View<BFloat16> a, const Pair* panel, F (&sums)[kRows][2]) {
  const auto pairs = [](const void* p) { return (__m512bh)_mm512_loadu_si512(p); };
  __m512 held[kRows][2];  // The compiler keeps these in registers, `sums` it does not.
  for (int row = 0; row < kRows; ++row)
    for (int half = 0; half < 2; ++half) held[row][half] = (__m512)sums[row][half];
  for (int64_t i = 0; i < k; i += 2, panel += kPanel) {
    const __m512bh left = pairs(panel), right = pairs(panel + kWidth);
#pragma GCC unroll 12
    for (int row = 0; row < kRows; ++row) {
      int32_t both;
      memcpy(&both, a.at + row * a.row + i, sizeof(both));
      const __m512bh factor = (__m512bh)_mm512_set1_epi32(both);
      held[row][0] = _mm512_dpbf16_ps(held[row][0], factor, left);
      held[row][1] = _mm512_dpbf16_ps(held[row][1], factor, right);
    }
  }
  for (int row = 0; row < kRows; ++row)
    for (int half = 0; half < 2; ++half) sums[row][half] = (F)held[row][half];
}
#else
constexpr bool kPairs = false;
#endif

template <int kRows>
inline void Tile(int64_t k, Strided a, const float* panel, float* c, int64_t stride, int64_t columns, bool add) {
  F sums[kRows][2] = {};
  Accumulate<kRows>(k, a, panel, sums);
  for (int row = 0; row < kRows; ++row, c += stride) {
    float edge[kPanel];
    float* const to = columns < kPanel ? edge : c;
    if (columns < kPanel && add) memcpy(edge, c, columns * sizeof(float));
    Store(to, add ? Load(to) + sums[row][0] : sums[row][0]);
    Store(to + kWidth, add ? Load(to + kWidth) + sums[row][1] : sums[row][1]);
    if (columns < kPanel) memcpy(c, edge, columns * sizeof(float));
  }
}

// Calls body(row, count) on strips that cover `rows` rows, count a compile-time constant: kTile, and what is left over.
template <int kRest = kTile - 1, class Body>
inline void LastStrip(int64_t row, int64_t rest, Body body) {
  if constexpr (kRest > 0) {
    if (rest == kRest)
      body(row, std::integral_constant<int, kRest>{});
    else
      LastStrip<kRest - 1>(row, rest, body);
  }
}
template <class Body>
inline void Strips(int64_t rows, Body body) {
  int64_t row = 0;
  for (; row + kTile <= rows; row += kTile) body(row, std::integral_constant<int, kTile>{});
  LastStrip(row, rows - row, body);
}

// C [m, n] (row stride given) = A [m, k] * B, or += with `add`; B as Pack leaves it, of which the first k rows of
// panels that hold `packed` rows are used.
inline void Product(int64_t m, int64_t n, int64_t k, Strided a, const float* panels, int64_t packed, float* c,
                    int64_t stride, bool add) {
  for (int64_t first = 0; first < n; first += kPanel, panels += packed * kPanel) {
    const int64_t columns = std::min(kPanel, n - first);
    Strips(m, [&](int64_t row, auto count) {
      Tile<count>(k, {a.at + row * a.row, a.row, a.column}, panels, c + row * stride + first, stride, columns, add);
    });
  }
}

}  // namespace perfit

#endif  // PERFIT_PRODUCT_H_
