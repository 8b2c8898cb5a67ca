// The low-rank part beside a frozen product, y = x W' + (x A') B', in f32 whatever x is: what it takes in, and what its
// factors' gradients are. Operands in bf16 are widened a few rows or columns at a time. Every element is summed in the order
// of the inner axis, so that no bit depends on how the work is shared out.
#include <memory>
#include <vector>

#include "operation.h"
#include "parallel.h"
#include "product.h"

namespace perfit {
namespace {

constexpr int64_t kBlock = 2 * kTile;  // rows of a product's wide operand at a time
constexpr int64_t kRange = 512;        // of a gradient's inner axis at a time

// b [k, r] as Pack lays it out.
std::unique_ptr<float[]> Packed(int64_t k, int64_t r, Strided b) {
  std::unique_ptr<float[]> panels(new float[PackedSize(k, r)]);
  Pack(k, r, b, panels.get());
  return panels;
}

// x [rows, depth] b -> [rows, rank], b packed.
template <class T>
void Lower(int64_t rows, int64_t depth, int64_t rank, const T* x, const float* panels, float* to) {
  ParallelFor((rows + kBlock - 1) / kBlock, 1, [&](int64_t begin, int64_t end) {
    constexpr bool narrow = sizeof(T) < sizeof(float);
    const std::unique_ptr<float[]> wide(narrow ? new float[kBlock * depth] : nullptr);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kBlock, count = std::min(kBlock, rows - first);
      const T* const from = x + first * depth;
      const float* left;
      if constexpr (narrow) {
        Sweep(count * depth, [&](int64_t i, auto load, auto store) { store(wide.get() + i, load(from + i)); });
        left = wide.get();
      } else {
        left = from;
      }
      Product(count, rank, depth, {left, depth, 1}, panels, depth, to + first * rank, rank, false);
    }
  });
}

// One panel's columns of thin' [rank, rows] wide [rows, width]; `part` [rank, kPanel] takes them.
template <class T>
void Across(int64_t rows, int64_t rank, int64_t width, const float* thin, const T* wide, int64_t first, float* panel,
            float* part) {
  const int64_t columns = std::min(kPanel, width - first);
  if (rows == 0) memset(part, 0, rank * kPanel * sizeof(float));
  for (int64_t from = 0; from < rows; from += kRange) {
    const int64_t count = std::min(kRange, rows - from);
    for (int64_t i = 0; i < count; ++i) {
      const T* const row = wide + (from + i) * width + first;
      float* const to = panel + i * kPanel;
      if (columns == kPanel) {
        Store(to, Load(row));
        Store(to + kWidth, Load(row + kWidth));
      } else {
        for (int64_t j = 0; j < kPanel; ++j) to[j] = j < columns ? At(row + j) : 0;
      }
    }
    Product(rank, kPanel, count, {thin + from * rank, 1, rank}, panel, count, part, kPanel, from > 0);
  }
}

// x [N, k], A [r, k] -> u = x A' [N, r]
template <class T>
struct LowRank {
  explicit LowRank(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> rows, factor;
    const T* x = call.Input<T>(0, &rows);
    const float* a = call.Input<float>(1, &factor);
    const int64_t depth = rows[1], rank = factor[0];
    float* u = call.Output<float>(0, {rows[0], rank});
    if (!u) return;
    Lower(rows[0], depth, rank, x, Packed(depth, rank, {a, 1, depth}).get(), u);
  }
};

// x [N, k], dy [N, m], A [r, k], B [m, r] -> t = dy B [N, r], t' x [r, k], dy' (x A') [m, r]
template <class T>
struct LowRankGrad {
  explicit LowRankGrad(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> in, out, factor;
    const T *x = call.Input<T>(0, &in), *dy = call.Input<T>(1, &out);
    const float *a = call.Input<float>(2, &factor), *b = call.Input<float>(3);
    const int64_t rows = in[0], k = in[1], m = out[1], rank = factor[0];
    float *t = call.Output<float>(0, {rows, rank}), *da = call.Output<float>(1, {rank, k}),
          *db = call.Output<float>(2, {m, rank});
    if (!t || !da || !db) return;
    const std::unique_ptr<float[]> u(new float[rows * rank]);
    Lower(rows, k, rank, x, Packed(k, rank, {a, 1, k}).get(), u.get());
    Lower(rows, m, rank, dy, Packed(m, rank, {b, rank, 1}).get(), t);
    const int64_t ofA = Panels(k);
    ParallelFor(ofA + Panels(m), 1, [&](int64_t begin, int64_t end) {
      const std::unique_ptr<float[]> scratch(new float[std::min(kRange, rows) * kPanel + rank * kPanel]);
      float *const part = scratch.get(), *const panel = part + rank * kPanel;
      for (int64_t p = begin; p < end; ++p) {
        if (p < ofA) {
          const int64_t first = p * kPanel, columns = std::min(kPanel, k - first);
          Across(rows, rank, k, t, x, first, panel, part);
          for (int64_t r = 0; r < rank; ++r) memcpy(da + r * k + first, part + r * kPanel, columns * sizeof(float));
        } else {
          const int64_t first = (p - ofA) * kPanel, columns = std::min(kPanel, m - first);
          Across(rows, rank, m, u.get(), dy, first, panel, part);
          for (int64_t j = 0; j < columns; ++j)
            for (int64_t r = 0; r < rank; ++r) db[(first + j) * rank + r] = part[r * kPanel + j];
        }
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitLowRank", {"T: {float, bfloat16}"}, {"x: T", "a: float"}, {"u: float"});
  Implement<float, LowRank<float>>("PerfitLowRank");
  Implement<BFloat16, LowRank<BFloat16>>("PerfitLowRank");
  Define("PerfitLowRankGrad", {"T: {float, bfloat16}"}, {"x: T", "dy: T", "a: float", "b: float"},
         {"t: float", "da: float", "db: float"});
  Implement<float, LowRankGrad<float>>("PerfitLowRankGrad");
  Implement<BFloat16, LowRankGrad<BFloat16>>("PerfitLowRankGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
