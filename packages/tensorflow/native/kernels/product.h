// Small f32 matrix products on one thread, for operands that lie in its cache.
#ifndef PERFIT_PRODUCT_H_
#define PERFIT_PRODUCT_H_

#include <algorithm>
#include <type_traits>

#include "vector.h"

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
