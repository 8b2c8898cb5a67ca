// SwiGLU on gate and up side by side in one row, and its backward.
#include "operation.h"
#include "parallel.h"

namespace perfit {
namespace {

constexpr int64_t kRows = 8;

inline F Sigmoid(F x) { return 1.0f / (1.0f + Exp(-x)); }

// [N, 2F] -> [N, F]: gate * sigmoid(gate) * up.
template <class T>
class Swiglu {
 public:
  explicit Swiglu(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T* both = call.Input<T>(0, &shape);
    const int64_t rows = shape[0], width = shape[1] / 2;
    T* y = call.Output<T>(0, {rows, width});
    if (!y) return;
    ParallelFor(rows, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* gate = both + 2 * row * width;
        Sweep(width, [&](int64_t i, auto load, auto store) {
          const F g = load(gate + i);
          store(y + row * width + i, g * Sigmoid(g) * load(gate + width + i));
        });
      }
    });
  }
};

// d gate = dy up (sigma + s (1 - sigma)) with s = gate sigma; d up = dy s.
template <class T>
class SwigluGrad {
 public:
  explicit SwigluGrad(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T* both = call.Input<T>(0, &shape);
    const T* dy = call.Input<T>(1);
    const int64_t rows = shape[0], width = shape[1] / 2;
    T* dx = call.Output<T>(0, shape);
    if (!dx) return;
    ParallelFor(rows, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* gate = both + 2 * row * width;
        T* to = dx + 2 * row * width;
        Sweep(width, [&](int64_t i, auto load, auto store) {
          const F g = load(gate + i), d = load(dy + row * width + i);
          const F sigma = Sigmoid(g), silu = g * sigma;
          store(to + i, d * load(gate + width + i) * (sigma + silu * (1.0f - sigma)));
          store(to + width + i, d * silu);
        });
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitSwiglu", {"T: {float, bfloat16}"}, {"x: T"}, {"y: T"});
  Implement<float, Swiglu<float>>("PerfitSwiglu");
  Implement<BFloat16, Swiglu<BFloat16>>("PerfitSwiglu");
  Define("PerfitSwigluGrad", {"T: {float, bfloat16}"}, {"x: T", "dy: T"}, {"dx: T"});
  Implement<float, SwigluGrad<float>>("PerfitSwigluGrad");
  Implement<BFloat16, SwigluGrad<BFloat16>>("PerfitSwigluGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
