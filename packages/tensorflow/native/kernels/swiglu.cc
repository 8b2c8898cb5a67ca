// SwiGLU and its backward, element by element.
#include "operation.h"
#include "parallel.h"

namespace perfit {
namespace {

constexpr int64_t kGrain = 1 << 14;

int64_t Count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

inline F Sigmoid(F x) { return 1.0f / (1.0f + Exp(-x)); }

// gate * sigmoid(gate) * up.
template <class T>
class Swiglu {
 public:
  explicit Swiglu(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T *gate = call.Input<T>(0, &shape), *up = call.Input<T>(1);
    T* y = call.Output<T>(0, shape);
    if (!y) return;
    ParallelFor(Count(shape), kGrain, [&](int64_t begin, int64_t end) {
      Sweep(end - begin, [&](int64_t offset, auto load, auto store) {
        const int64_t i = begin + offset;
        const F g = load(gate + i);
        store(y + i, g * Sigmoid(g) * load(up + i));
      });
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
    const T *gate = call.Input<T>(0, &shape), *up = call.Input<T>(1), *dy = call.Input<T>(2);
    T *dgate = call.Output<T>(0, shape), *dup = call.Output<T>(1, shape);
    if (!dgate || !dup) return;
    ParallelFor(Count(shape), kGrain, [&](int64_t begin, int64_t end) {
      Sweep(end - begin, [&](int64_t offset, auto load, auto store) {
        const int64_t i = begin + offset;
        const F g = load(gate + i), d = load(dy + i);
        const F sigma = Sigmoid(g), silu = g * sigma;
        store(dgate + i, d * load(up + i) * (sigma + silu * (1.0f - sigma)));
        store(dup + i, d * silu);
      });
    });
  }
};

const bool registered = [] {
  Define("PerfitSwiglu", {"T: {float, bfloat16}"}, {"gate: T", "up: T"}, {"y: T"});
  Implement<float, Swiglu<float>>("PerfitSwiglu");
  Implement<BFloat16, Swiglu<BFloat16>>("PerfitSwiglu");
  Define("PerfitSwigluGrad", {"T: {float, bfloat16}"}, {"gate: T", "up: T", "dy: T"}, {"dgate: T", "dup: T"});
  Implement<float, SwigluGrad<float>>("PerfitSwigluGrad");
  Implement<BFloat16, SwigluGrad<BFloat16>>("PerfitSwigluGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
