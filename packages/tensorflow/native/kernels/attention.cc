// Causal attention with rotary embedding and grouped queries, from the stacked projection to the merged heads, and its
// backward, over sequences of any lengths that lie end to end. A task is a sequence and a head; scores exist for one block
// of queries at a time, and none beyond its last key.
#include <math.h>

#include <algorithm>
#include <memory>

#include "operation.h"
#include "parallel.h"
#include "product.h"

namespace perfit {
namespace {

constexpr int64_t kBlock = 64;  // queries at a time

// What every head needs to know: N tokens, D wide heads, KV key-value heads, rows of `width` columns.
struct Sizes {
  int64_t tokens, heads, shared, head, width;
  int64_t Group() const { return heads / shared; }
};

struct Sequence {
  int64_t start, length;
};

// The longest first: what a thread takes last is short, and no other waits for it long.
std::vector<Sequence> Sequences(const int32_t* starts, int64_t count) {
  std::vector<Sequence> sequences;
  for (int64_t i = 0; i < count; ++i) sequences.push_back({starts[i], starts[i + 1] - starts[i]});
  std::stable_sort(sequences.begin(), sequences.end(),
                   [](const Sequence& a, const Sequence& b) { return a.length > b.length; });
  return sequences;
}

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

class Attributed {
 public:
  explicit Attributed(Attributes& attributes) : heads_(attributes.Int("heads")), shared_(attributes.Int("shared")) {}

 protected:
  Sizes Of(const std::vector<int64_t>& shape) const {
    return {shape[0], heads_, shared_, shape[1] / (heads_ + 2 * shared_), shape[1]};
  }

 private:
  const int64_t heads_, shared_;
};

// qkv [N, (H + 2 KV) D], cos and sin [at least the longest sequence, D / 2], starts [S + 1] -> z [N, H D],
// logsumexp [H, N].
template <class T>
class Attention : Attributed {
 public:
  using Attributed::Attributed;

  void operator()(Call& call) const {
    std::vector<int64_t> shape, count;
    const T* qkv = call.Input<T>(0, &shape);
    const float *cosines = call.Input<float>(1), *sines = call.Input<float>(2);
    const int32_t* starts = call.Input<int32_t>(3, &count);
    const Sizes s = Of(shape);
    T* z = call.Output<T>(0, {s.tokens, s.heads * s.head});
    float* sums = call.Output<float>(1, {s.heads, s.tokens});
    if (!z || !sums) return;
    const std::vector<Sequence> sequences = Sequences(starts, count[0] - 1);
    ParallelFor(static_cast<int64_t>(sequences.size()) * s.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t start = sequences[task / s.heads].start, length = sequences[task / s.heads].length;
        const int64_t head = task % s.heads, group = head / s.Group(), square = length * s.head;
        const int64_t wide = PackedSize(s.head, length), tall = PackedSize(length, s.head);
        Scratch scratch(2 * square + wide + tall + kBlock * (length + s.head));
        float *q = scratch.Take(square), *plain = scratch.Take(square);
        float *keys = scratch.Take(wide), *values = scratch.Take(tall);
        float *p = scratch.Take(kBlock * length), *out = scratch.Take(kBlock * s.head);
        const T* first = qkv + start * s.width;
        Gather(first + head * s.head, s.width, length, s.head, cosines, sines, 1 / sqrtf(s.head), q);
        Gather(first + (s.heads + group) * s.head, s.width, length, s.head, cosines, sines, 1, plain);
        Pack(s.head, length, {plain, 1, s.head}, keys);
        Gather<T>(first + (s.heads + s.shared + group) * s.head, s.width, length, s.head, nullptr, nullptr, 1, plain);
        Pack(length, s.head, {plain, s.head, 1}, values);
        for (int64_t from = 0; from < length; from += kBlock) {
          const int64_t queries = std::min(kBlock, length - from), seen = from + queries;
          Product(queries, seen, s.head, {q + from * s.head, s.head, 1}, keys, s.head, p, length, false);
          float shares[kBlock];
          for (int64_t i = 0; i < queries; ++i) {
            const Sums row_sums = Exponentials(p + i * length, from + i + 1, seen);
            sums[head * s.tokens + start + from + i] = row_sums.log;
            shares[i] = 1 / row_sums.sum;
          }
          Product(queries, s.head, seen, {p, length, 1}, values, length, out, s.head, false);
          for (int64_t i = 0; i < queries; ++i)
            Scatter<T>(out + i * s.head, s.head, nullptr, nullptr, shares[i],
                       z + (start + from + i) * s.heads * s.head + head * s.head);
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
    std::vector<int64_t> shape, count;
    const T* qkv = call.Input<T>(0, &shape);
    const float *cosines = call.Input<float>(1), *sines = call.Input<float>(2);
    const int32_t* starts = call.Input<int32_t>(3, &count);
    const T *z = call.Input<T>(4), *dz = call.Input<T>(6);
    const float* sums = call.Input<float>(5);
    const Sizes s = Of(shape);
    T* dqkv = call.Output<T>(0, shape);
    if (!dqkv) return;
    const std::vector<Sequence> sequences = Sequences(starts, count[0] - 1);
    const int64_t merged = s.heads * s.head;
    // Of a sequence and a head: dk and dv, one after the other.
    const std::unique_ptr<float[]> shared(new float[2 * s.tokens * merged]);
    const auto shared_of = [&](const Sequence& sequence, int64_t head) {
      return shared.get() + 2 * (sequence.start * merged + head * sequence.length * s.head);
    };
    const auto tasks = static_cast<int64_t>(sequences.size());
    ParallelFor(tasks * s.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const Sequence& sequence = sequences[task / s.heads];
        const int64_t start = sequence.start, length = sequence.length, square = length * s.head;
        const int64_t head = task % s.heads, group = head / s.Group();
        const int64_t wide = PackedSize(s.head, length), tall = PackedSize(length, s.head);
        Scratch scratch(4 * square + 2 * wide + 3 * tall + kBlock * (2 * length + s.head) + length);
        float *q = scratch.Take(square), *k = scratch.Take(square), *v = scratch.Take(square), *d = scratch.Take(square);
        float *keys = scratch.Take(wide), *values = scratch.Take(wide);
        float *key_rows = scratch.Take(tall), *query_rows = scratch.Take(tall), *d_rows = scratch.Take(tall);
        float *p = scratch.Take(kBlock * length), *dp = scratch.Take(kBlock * length);
        float *dq = scratch.Take(kBlock * s.head), *along = scratch.Take(length);
        const float scale = 1 / sqrtf(s.head);
        const T* first = qkv + start * s.width;
        const int64_t corner = start * merged + head * s.head;
        Gather(first + head * s.head, s.width, length, s.head, cosines, sines, scale, q);
        Gather(first + (s.heads + group) * s.head, s.width, length, s.head, cosines, sines, 1, k);
        Gather<T>(first + (s.heads + s.shared + group) * s.head, s.width, length, s.head, nullptr, nullptr, 1, v);
        Gather<T>(dz + corner, merged, length, s.head, nullptr, nullptr, 1, d);
        for (int64_t t = 0; t < length; ++t) {
          F sum{};
          Sweep(s.head, [&](int64_t i, auto load, auto) { sum += load(z + corner + t * merged + i) * load(d + t * s.head + i); });
          along[t] = Sum(sum);
        }
        Pack(s.head, length, {k, 1, s.head}, keys);
        Pack(s.head, length, {v, 1, s.head}, values);
        Pack(length, s.head, {k, s.head, 1}, key_rows);
        float *dk = shared_of(sequence, head), *dv = dk + square;
        memset(dk, 0, 2 * square * sizeof(float));
        for (int64_t from = 0; from < length; from += kBlock) {
          const int64_t queries = std::min(kBlock, length - from), seen = from + queries;
          Product(queries, seen, s.head, {q + from * s.head, s.head, 1}, keys, s.head, p, length, false);
          Product(queries, seen, s.head, {d + from * s.head, s.head, 1}, values, s.head, dp, length, false);
          for (int64_t i = 0; i < queries; ++i) {
            float *pi = p + i * length, *dpi = dp + i * length;
            const float total = sums[head * s.tokens + start + from + i], mean = along[from + i];
            const int64_t own = from + i + 1;
            memset(pi + own, 0, (seen - own) * sizeof(float));
            memset(dpi + own, 0, (seen - own) * sizeof(float));
            Sweep(own, [&](int64_t key, auto load, auto store) {
              const F e = Exp(load(pi + key) - total);
              store(pi + key, e);
              store(dpi + key, e * (load(dpi + key) - mean));
            });
          }
          Product(queries, s.head, seen, {dp, length, 1}, key_rows, length, dq, s.head, false);
          for (int64_t i = 0; i < queries; ++i)
            Scatter(dq + i * s.head, s.head, cosines + (from + i) * s.head / 2, sines + (from + i) * s.head / 2, scale,
                    dqkv + (start + from + i) * s.width + head * s.head);
          Pack(queries, s.head, {q + from * s.head, s.head, 1}, query_rows);
          Pack(queries, s.head, {d + from * s.head, s.head, 1}, d_rows);
          Product(seen, s.head, queries, {dp, 1, length}, query_rows, queries, dk, s.head, true);
          Product(seen, s.head, queries, {p, 1, length}, d_rows, queries, dv, s.head, true);
        }
      }
    });
    ParallelFor(tasks * s.shared, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const Sequence& sequence = sequences[task / s.shared];
        const int64_t start = sequence.start, length = sequence.length, square = length * s.head;
        const int64_t group = task % s.shared;
        float* total = shared_of(sequence, group * s.Group());
        for (int64_t member = 1; member < s.Group(); ++member)
          Sweep(2 * square, [&](int64_t i, auto load, auto store) {
            store(total + i, load(total + i) + load(total + 2 * member * square + i));
          });
        for (int64_t t = 0; t < length; ++t) {
          T* to = dqkv + (start + t) * s.width + (s.heads + group) * s.head;
          Scatter(total + t * s.head, s.head, cosines + t * s.head / 2, sines + t * s.head / 2, 1, to);
          Scatter<T>(total + square + t * s.head, s.head, nullptr, nullptr, 1, to + s.shared * s.head);
        }
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitAttention", {"T: {float, bfloat16}", "heads: int", "shared: int"},
         {"qkv: T", "cos: float", "sin: float", "starts: int32"}, {"z: T", "logsumexp: float"});
  Implement<float, Attention<float>>("PerfitAttention");
  Implement<BFloat16, Attention<BFloat16>>("PerfitAttention");
  Define("PerfitAttentionGrad", {"T: {float, bfloat16}", "heads: int", "shared: int"},
         {"qkv: T", "cos: float", "sin: float", "starts: int32", "z: T", "logsumexp: float", "dz: T"}, {"dqkv: T"});
  Implement<float, AttentionGrad<float>>("PerfitAttentionGrad");
  Implement<BFloat16, AttentionGrad<BFloat16>>("PerfitAttentionGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
