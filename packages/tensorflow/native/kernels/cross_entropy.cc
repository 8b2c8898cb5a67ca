// Cross-entropy of integer labels with its gradient, each row's gradient times a weight.
#include <math.h>

#include <atomic>

#include "operation.h"
#include "parallel.h"

namespace perfit {
namespace {

// logits [M, V], labels [M], weights [M] (or empty: 1) -> losses [M], weights * (softmax - onehot) [M, V].
template <class T>
class CrossEntropy {
 public:
  explicit CrossEntropy(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape, weights_shape;
    const T* logits = call.Input<T>(0, &shape);
    const int32_t* labels = call.Input<int32_t>(1);
    const float* weights = call.Input<float>(2, &weights_shape);
    const int64_t rows = shape[0], classes = shape[1];
    float* losses = call.Output<float>(0, {rows});
    T* gradient = call.Output<T>(1, shape);
    if (!losses || !gradient) return;
    std::atomic<int64_t> odd{-1};
    ParallelFor(rows, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* in = logits + row * classes;
        T* out = gradient + row * classes;
        const int64_t whole = classes - classes % kWidth;
        F most = Splat(-INFINITY);
        for (int64_t i = 0; i < whole; i += kWidth) {
          const F value = Load(in + i);
          most = value > most ? value : most;
        }
        float top = Max(most);
        for (int64_t i = whole; i < classes; ++i) top = fmaxf(top, At(in + i));
        F total{};
        for (int64_t i = 0; i < whole; i += kWidth) total += Exp(Load(in + i) - top);
        float sum = Sum(total);
        for (int64_t i = whole; i < classes; ++i) sum += expf(At(in + i) - top);

        const float weight = weights_shape[0] == 0 ? 1 : weights[row];
        const float share = weight / sum;
        Sweep(classes, [&](int64_t i, auto load, auto store) { store(out + i, Exp(load(in + i) - top) * share); });
        const int32_t label = labels[row];
        if (label < 0 || label >= classes) {
          odd = row;
          continue;
        }
        const float score = At(in + label) - top;
        losses[row] = logf(sum) - score;
        StoreFirst(out + label, Splat(expf(score) * share - weight), 1);
      }
    });
    if (odd >= 0)
      call.Refuse("label " + std::to_string(labels[odd]) + " is outside the valid range of " + std::to_string(classes) +
                  " classes");
  }
};

const bool registered = [] {
  Define("PerfitCrossEntropy", {"T: {float, bfloat16}"}, {"logits: T", "labels: int32", "weights: float"},
         {"losses: float", "gradient: T"});
  Implement<float, CrossEntropy<float>>("PerfitCrossEntropy");
  Implement<BFloat16, CrossEntropy<BFloat16>>("PerfitCrossEntropy");
  return true;
}();

}  // namespace
}  // namespace perfit
