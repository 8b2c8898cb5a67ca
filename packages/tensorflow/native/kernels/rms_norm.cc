// RMSNorm and its backward, one pass over each row.
#include <math.h>

#include "operation.h"
#include "parallel.h"

namespace perfit {
namespace {

constexpr int64_t kRows = 16;

// y = weight * x * s with s = 1 / sqrt(mean(x^2) + epsilon); outputs y and s.
template <class T>
class RmsNorm {
 public:
  explicit RmsNorm(Attributes& attributes) : epsilon_(attributes.Float("epsilon")) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const float* x = call.Input<float>(0, &shape);
    const float* weight = call.Input<float>(1);
    const int64_t rows = shape[0], width = shape[1];
    T* y = call.Output<T>(0, shape);
    float* inverse = call.Output<float>(1, {rows, 1});
    if (!y || !inverse) return;
    ParallelFor(rows, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* in = x + row * width;
        T* out = y + row * width;
        F squares{};
        Sweep(width, [&](int64_t i, auto load, auto) {
          const F value = load(in + i);
          squares += value * value;
        });
        const float s = 1 / sqrtf(Sum(squares) / width + epsilon_);
        inverse[row] = s;
        Sweep(width, [&](int64_t i, auto load, auto store) { store(out + i, load(in + i) * s * load(weight + i)); });
      }
    });
  }

 private:
  const float epsilon_;
};

// dx = residual + s (g - x s^2 mean(g * x)) with g = weight * dy; an empty residual counts as 0.
template <class T>
class RmsNormGrad {
 public:
  explicit RmsNormGrad(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape, residual_shape;
    const float* x = call.Input<float>(0, &shape);
    const float* inverse = call.Input<float>(1);
    const float* weight = call.Input<float>(2);
    const T* dy = call.Input<T>(3);
    const float* residual = call.Input<float>(4, &residual_shape);
    if (residual_shape[0] == 0) residual = nullptr;
    const int64_t rows = shape[0], width = shape[1];
    float* dx = call.Output<float>(0, shape);
    if (!dx) return;
    ParallelFor(rows, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* in = x + row * width;
        const T* d = dy + row * width;
        F products{};
        Sweep(width, [&](int64_t i, auto load, auto) { products += load(d + i) * load(weight + i) * load(in + i); });
        const float s = inverse[row];
        const float along = Sum(products) / width * s * s;
        Sweep(width, [&](int64_t i, auto load, auto store) {
          const F through = (load(d + i) * load(weight + i) - load(in + i) * along) * s;
          const int64_t at = row * width + i;
          store(dx + at, residual ? load(residual + at) + through : through);
        });
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitRmsNorm", {"T: {float, bfloat16}", "epsilon: float"}, {"x: float", "weight: float"},
         {"y: T", "inverse: float"});
  Implement<float, RmsNorm<float>>("PerfitRmsNorm");
  Implement<BFloat16, RmsNorm<BFloat16>>("PerfitRmsNorm");
  Define("PerfitRmsNormGrad", {"T: {float, bfloat16}"},
         {"x: float", "inverse: float", "weight: float", "dy: T", "residual: float"}, {"dx: float"});
  Implement<float, RmsNormGrad<float>>("PerfitRmsNormGrad");
  Implement<BFloat16, RmsNormGrad<BFloat16>>("PerfitRmsNormGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
