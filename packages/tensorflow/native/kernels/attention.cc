// Causal attention with rotary embedding and grouped queries, from the stacked projection to the merged heads, and its
// backward. Per sequence and head; scores exist for one block of queries at a time, and none beyond its last key.
#include <math.h>

#include <memory>

#include "operation.h"
#include "parallel.h"
#include "product.h"

namespace perfit {
namespace {

constexpr int64_t kBlock = 64;  // queries at a time

// What every head needs to know: B sequences of T tokens, D wide heads, KV key-value heads, rows of `width` columns.
struct Sizes {
  int64_t rows, length, heads, shared, head, width;
  int64_t Group() const { return heads / shared; }
};

class Scratch {
 public:
  explicit Scratch(int64_t size) : data_(new float[size]) {}
  float* Take(int64_t size) {
    float* taken = data_.get() + used_;
    used_ += size;
    return taken;
  }

 private:
  std::unique_ptr<float[]> data_;
  int64_t used_ = 0;
};

// One head's columns of the stacked rows, turned by the angles and scaled: to [T, D].
template <class T>
void Gather(const T* from, int64_t width, int64_t length, int64_t head, const float* cosines, const float* sines,
            float scale, float* to) {
  const int64_t half = head / 2;
  for (int64_t t = 0; t < length; ++t, from += width, to += head) {
    if (!cosines) {
      Sweep(head, [&](int64_t i, auto load, auto store) { store(to + i, load(from + i)); });
      continue;
    }
    Sweep(half, [&](int64_t i, auto load, auto store) {
      const F first = load(from + i), second = load(from + half + i);
      const F c = load(cosines + t * half + i) * scale, s = load(sines + t * half + i) * scale;
      store(to + i, first * c - second * s);
      store(to + half + i, second * c + first * s);
    });
  }
}

// The transpose of Gather, one row.
template <class T>
void Scatter(const float* from, int64_t head, const float* cosines, const float* sines, float scale, T* to) {
  const int64_t half = head / 2;
  if (!cosines) {
    Sweep(head, [&](int64_t i, auto load, auto store) { store(to + i, load(from + i) * scale); });
    return;
  }
  Sweep(half, [&](int64_t i, auto load, auto store) {
    const F first = load(from + i), second = load(from + half + i);
    const F c = load(cosines + i) * scale, s = load(sines + i) * scale;
    store(to + i, first * c + second * s);
    store(to + half + i, second * c - first * s);
  });
}

// Row t of a block of scores sees keys 0 to t: p becomes exp(p - max) there and 0 beyond. Returns the sum and log sum exp.
struct Sums {
  float sum, log;
};
Sums Exponentials(float* p, int64_t seen, int64_t keys) {
  const int64_t whole = seen - seen % kWidth;
  F most = Splat(-INFINITY);
  for (int64_t i = 0; i < whole; i += kWidth) {
    const F value = Load(p + i);
    most = value > most ? value : most;
  }
  float top = Max(most);
  for (int64_t i = whole; i < seen; ++i) top = p[i] > top ? p[i] : top;
  F total{};
  for (int64_t i = 0; i < whole; i += kWidth) {
    const F e = Exp(Load(p + i) - top);
    Store(p + i, e);
    total += e;
  }
  float sum = Sum(total);
  if (whole < seen) {
    const int rest = static_cast<int>(seen - whole);
    StoreFirst(p + whole, Exp(LoadFirst(p + whole, rest) - top), rest);
    for (int64_t i = whole; i < seen; ++i) sum += p[i];
  }
  memset(p + seen, 0, (keys - seen) * sizeof(float));
  return {sum, top + logf(sum)};
}

Sizes SizesOf(const std::vector<int64_t>& shape, int64_t rows, int64_t heads, int64_t shared) {
  return {rows, shape[0] / rows, heads, shared, shape[1] / (heads + 2 * shared), shape[1]};
}

class Attributed {
 public:
  explicit Attributed(Attributes& attributes)
      : rows_(attributes.Int("rows")), heads_(attributes.Int("heads")), shared_(attributes.Int("shared")) {}

 protected:
  Sizes Of(const std::vector<int64_t>& shape) const { return SizesOf(shape, rows_, heads_, shared_); }

 private:
  const int64_t rows_, heads_, shared_;
};

// qkv [B T, (H + 2 KV) D], cos and sin [T, D / 2] -> z [B T, H D], logsumexp [B, H, T].
template <class T>
class Attention : Attributed {
 public:
  using Attributed::Attributed;

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T* qkv = call.Input<T>(0, &shape);
    const float *cosines = call.Input<float>(1), *sines = call.Input<float>(2);
    const Sizes s = Of(shape);
    T* z = call.Output<T>(0, {shape[0], s.heads * s.head});
    float* sums = call.Output<float>(1, {s.rows, s.heads, s.length});
    if (!z || !sums) return;
    ParallelFor(s.rows * s.heads, 1, [&](int64_t begin, int64_t end) {
      const int64_t square = s.length * s.head;
      Scratch scratch(2 * square + PackedSize(s.head, s.length) + PackedSize(s.length, s.head) +
                      kBlock * (s.length + s.head));
      float *q = scratch.Take(square), *plain = scratch.Take(square);
      float *keys = scratch.Take(PackedSize(s.head, s.length)), *values = scratch.Take(PackedSize(s.length, s.head));
      float *p = scratch.Take(kBlock * s.length), *out = scratch.Take(kBlock * s.head);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t row = task / s.heads, head = task % s.heads, group = head / s.Group();
        const T* first = qkv + row * s.length * s.width;
        Gather(first + head * s.head, s.width, s.length, s.head, cosines, sines, 1 / sqrtf(s.head), q);
        Gather(first + (s.heads + group) * s.head, s.width, s.length, s.head, cosines, sines, 1, plain);
        Pack(s.head, s.length, {plain, 1, s.head}, keys);
        Gather<T>(first + (s.heads + s.shared + group) * s.head, s.width, s.length, s.head, nullptr, nullptr, 1, plain);
        Pack(s.length, s.head, {plain, s.head, 1}, values);
        for (int64_t from = 0; from < s.length; from += kBlock) {
          const int64_t queries = std::min(kBlock, s.length - from), seen = from + queries;
          Product(queries, seen, s.head, {q + from * s.head, s.head, 1}, keys, s.head, p, s.length, false);
          float shares[kBlock];
          for (int64_t i = 0; i < queries; ++i) {
            const Sums row_sums = Exponentials(p + i * s.length, from + i + 1, seen);
            sums[task * s.length + from + i] = row_sums.log;
            shares[i] = 1 / row_sums.sum;
          }
          Product(queries, s.head, seen, {p, s.length, 1}, values, s.length, out, s.head, false);
          for (int64_t i = 0; i < queries; ++i)
            Scatter<T>(out + i * s.head, s.head, nullptr, nullptr, shares[i],
                       z + (row * s.length + from + i) * s.heads * s.head + head * s.head);
        }
      }
    });
  }
};

// The gradient of qkv from those of z. Probabilities are computed again; along = sum_d z dz (Dao et al. 2022). The keys'
// and values' gradients of heads that share them are summed in the order of the heads.
template <class T>
class AttentionGrad : Attributed {
 public:
  using Attributed::Attributed;

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T* qkv = call.Input<T>(0, &shape);
    const float *cosines = call.Input<float>(1), *sines = call.Input<float>(2);
    const T *z = call.Input<T>(3), *dz = call.Input<T>(5);
    const float* sums = call.Input<float>(4);
    const Sizes s = Of(shape);
    T* dqkv = call.Output<T>(0, shape);
    if (!dqkv) return;
    const int64_t square = s.length * s.head;
    const std::unique_ptr<float[]> shared(new float[2 * s.rows * s.heads * square]);
    ParallelFor(s.rows * s.heads, 1, [&](int64_t begin, int64_t end) {
      const int64_t wide = PackedSize(s.head, s.length), tall = PackedSize(s.length, s.head);
      Scratch scratch(4 * square + 2 * wide + 3 * tall + kBlock * (2 * s.length + s.head) + s.length);
      float *q = scratch.Take(square), *k = scratch.Take(square), *v = scratch.Take(square), *d = scratch.Take(square);
      float *keys = scratch.Take(wide), *values = scratch.Take(wide);
      float *key_rows = scratch.Take(tall), *query_rows = scratch.Take(tall), *d_rows = scratch.Take(tall);
      float *p = scratch.Take(kBlock * s.length), *dp = scratch.Take(kBlock * s.length);
      float *dq = scratch.Take(kBlock * s.head), *along = scratch.Take(s.length);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t row = task / s.heads, head = task % s.heads, group = head / s.Group();
        const float scale = 1 / sqrtf(s.head);
        const T* first = qkv + row * s.length * s.width;
        const int64_t merged = s.heads * s.head, corner = row * s.length * merged + head * s.head;
        Gather(first + head * s.head, s.width, s.length, s.head, cosines, sines, scale, q);
        Gather(first + (s.heads + group) * s.head, s.width, s.length, s.head, cosines, sines, 1, k);
        Gather<T>(first + (s.heads + s.shared + group) * s.head, s.width, s.length, s.head, nullptr, nullptr, 1, v);
        Gather<T>(dz + corner, merged, s.length, s.head, nullptr, nullptr, 1, d);
        for (int64_t t = 0; t < s.length; ++t) {
          F sum{};
          Sweep(s.head, [&](int64_t i, auto load, auto) { sum += load(z + corner + t * merged + i) * load(d + t * s.head + i); });
          along[t] = Sum(sum);
        }
        Pack(s.head, s.length, {k, 1, s.head}, keys);
        Pack(s.head, s.length, {v, 1, s.head}, values);
        Pack(s.length, s.head, {k, s.head, 1}, key_rows);
        float *dk = shared.get() + 2 * task * square, *dv = dk + square;
        memset(dk, 0, 2 * square * sizeof(float));
        for (int64_t from = 0; from < s.length; from += kBlock) {
          const int64_t queries = std::min(kBlock, s.length - from), seen = from + queries;
          Product(queries, seen, s.head, {q + from * s.head, s.head, 1}, keys, s.head, p, s.length, false);
          Product(queries, seen, s.head, {d + from * s.head, s.head, 1}, values, s.head, dp, s.length, false);
          for (int64_t i = 0; i < queries; ++i) {
            float *pi = p + i * s.length, *dpi = dp + i * s.length;
            const float total = sums[task * s.length + from + i], mean = along[from + i];
            const int64_t own = from + i + 1;
            memset(pi + own, 0, (seen - own) * sizeof(float));
            memset(dpi + own, 0, (seen - own) * sizeof(float));
            Sweep(own, [&](int64_t key, auto load, auto store) {
              const F e = Exp(load(pi + key) - total);
              store(pi + key, e);
              store(dpi + key, e * (load(dpi + key) - mean));
            });
          }
          Product(queries, s.head, seen, {dp, s.length, 1}, key_rows, s.length, dq, s.head, false);
          for (int64_t i = 0; i < queries; ++i)
            Scatter(dq + i * s.head, s.head, cosines + (from + i) * s.head / 2, sines + (from + i) * s.head / 2, scale,
                    dqkv + (row * s.length + from + i) * s.width + head * s.head);
          Pack(queries, s.head, {q + from * s.head, s.head, 1}, query_rows);
          Pack(queries, s.head, {d + from * s.head, s.head, 1}, d_rows);
          Product(seen, s.head, queries, {dp, 1, s.length}, query_rows, queries, dk, s.head, true);
          Product(seen, s.head, queries, {p, 1, s.length}, d_rows, queries, dv, s.head, true);
        }
      }
    });
    ParallelFor(s.rows * s.shared, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t row = task / s.shared, group = task % s.shared;
        float* total = shared.get() + 2 * (row * s.heads + group * s.Group()) * square;
        for (int64_t member = 1; member < s.Group(); ++member)
          Sweep(2 * square, [&](int64_t i, auto load, auto store) {
            store(total + i, load(total + i) + load(total + 2 * member * square + i));
          });
        for (int64_t t = 0; t < s.length; ++t) {
          T* to = dqkv + (row * s.length + t) * s.width + (s.heads + group) * s.head;
          Scatter(total + t * s.head, s.head, cosines + t * s.head / 2, sines + t * s.head / 2, 1, to);
          Scatter<T>(total + square + t * s.head, s.head, nullptr, nullptr, 1, to + s.shared * s.head);
        }
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitAttention", {"T: {float, bfloat16}", "rows: int", "heads: int", "shared: int"},
         {"qkv: T", "cos: float", "sin: float"}, {"z: T", "logsumexp: float"});
  Implement<float, Attention<float>>("PerfitAttention");
  Implement<BFloat16, Attention<BFloat16>>("PerfitAttention");
  Define("PerfitAttentionGrad", {"T: {float, bfloat16}", "rows: int", "heads: int", "shared: int"},
         {"qkv: T", "cos: float", "sin: float", "z: T", "logsumexp: float", "dz: T"}, {"dqkv: T"});
  Implement<float, AttentionGrad<float>>("PerfitAttentionGrad");
  Implement<BFloat16, AttentionGrad<BFloat16>>("PerfitAttentionGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
