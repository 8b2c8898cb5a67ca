// Vectors as wide as the instruction set that a file is compiled for, on the vector extension of GCC and clang.
#ifndef PERFIT_VECTOR_H_
#define PERFIT_VECTOR_H_

#include <stdint.h>
#include <string.h>

namespace perfit {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#elif defined(__AVX__)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif

// TensorFlow aligns its own buffers; slices and Node's arrays need not be.
typedef float F __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));
typedef int32_t I __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));
typedef uint32_t U __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));
typedef uint16_t H __attribute__((vector_size(2 * kWidth), aligned(2), may_alias));

// bf16 as TensorFlow stores it: the upper half of an f32.
struct BFloat16 {
  uint16_t bits;
};

inline F Splat(float x) { return x - F{}; }

inline F Load(const float* p) { return *reinterpret_cast<const F*>(p); }
inline F Load(const BFloat16* p) { return (F)(__builtin_convertvector(*reinterpret_cast<const H*>(p), U) << 16); }

inline void Store(float* p, F x) { *reinterpret_cast<F*>(p) = x; }
// To nearest, ties to even; a NaN stays one.
inline void Store(BFloat16* p, F x) {
  const U bits = (U)x;
  const U rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  *reinterpret_cast<H*>(p) = __builtin_convertvector((U)(x == x ? (I)rounded : (I)((bits >> 16) | 0x40)), H);
}

inline float At(const float* p) { return *p; }
inline float At(const BFloat16* p) {
  const uint32_t bits = static_cast<uint32_t>(p->bits) << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

// The first n elements, zeros after; and back.
template <class T>
inline F LoadFirst(const T* p, int n) {
  T buffer[kWidth] = {};
  memcpy(buffer, p, n * sizeof(T));
  return Load(buffer);
}
template <class T>
inline void StoreFirst(T* p, F x, int n) {
  T buffer[kWidth];
  Store(buffer, x);
  memcpy(p, buffer, n * sizeof(T));
}

// Calls body(offset, load, store) over n elements, whole vectors first.
template <class Body>
inline void Sweep(int64_t n, Body body) {
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth)
    body(i, [](const auto* p) { return Load(p); }, [](auto* p, F x) { Store(p, x); });
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    body(i, [rest](const auto* p) { return LoadFirst(p, rest); }, [rest](auto* p, F x) { StoreFirst(p, x, rest); });
  }
}

inline float Sum(F x) {
  float lanes[kWidth];
  Store(lanes, x);
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

inline float Max(F x) {
  float lanes[kWidth];
  Store(lanes, x);
  float most = lanes[0];
  for (float lane : lanes) most = lane > most ? lane : most;
  return most;
}

// e^x to about one unit in the last place (Cephes' polynomial); 0 below -87.3, infinity above 88.4, NaN for NaN.
inline F Exp(F x) {
  const F low = Splat(-87.3365f), high = Splat(88.3762f), magic = Splat(12582912.0f);  // 1.5 * 2^23 rounds to integers
  const F inside = x < low ? low : (x > high ? high : x);
  const F shifted = inside * 1.44269504088896341f + magic;
  const F n = shifted - magic;
  const F r = (inside - n * 0.693359375f) + n * 2.12194440e-4f;
  F p = Splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const I exponent = ((I)shifted - (I)magic + 127) << 23;
  const F y = (p * r * r + r + 1.0f) * (F)exponent;
  return x < low ? Splat(0) : (x > high ? Splat(__builtin_inff()) : y);
}

}  // namespace perfit

#endif  // PERFIT_VECTOR_H_
