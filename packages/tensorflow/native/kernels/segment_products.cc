// One product per segment of rows, X_b^T Y_b, summed as they are and squared; only a few columns of one exist at a time.
#include <memory>

#include "operation.h"
#include "parallel.h"
#include "product.h"

namespace perfit {
namespace {

constexpr int64_t kColumns = 4 * kPanel;  // of the wider operand at a time
constexpr int64_t kRows = 128;            // of both at a time

// x [N, p], y [N, q], starts [S + 1], scales [S] (or empty: 1) -> sum_b X_b^T Y_b [p, q], sum_b scales_b (X_b^T Y_b)^2
// [p, q]. Segments are added in their order.
class SegmentProducts {
 public:
  explicit SegmentProducts(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> left, right, starts_shape, scales_shape;
    const float *x = call.Input<float>(0, &left), *y = call.Input<float>(1, &right);
    const int32_t* starts = call.Input<int32_t>(2, &starts_shape);
    const float* scales = call.Input<float>(3, &scales_shape);
    const int64_t segments = starts_shape[0] - 1, p = left[1], q = right[1];
    float *sums = call.Output<float>(0, {p, q}), *squares = call.Output<float>(1, {p, q});
    if (!sums || !squares) return;
    // The wider operand fills whole panels; the product is then that of y^T x, and written transposed.
    const bool turned = p > q;
    const float *narrow = turned ? y : x, *wide = turned ? x : y;
    const int64_t rows = std::min(p, q), all = std::max(p, q);
    ParallelFor((all + kColumns - 1) / kColumns, 1, [&](int64_t begin, int64_t end) {
      const std::unique_ptr<float[]> scratch(new float[PackedSize(kRows, kColumns) + 3 * rows * kColumns]);
      float *part = scratch.get(), *sum = part + rows * kColumns, *square = sum + rows * kColumns;
      float* panels = square + rows * kColumns;
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        const int64_t first = chunk * kColumns, columns = std::min(kColumns, all - first);
        memset(sum, 0, 2 * rows * kColumns * sizeof(float));
        for (int64_t b = 0; b < segments; ++b) {
          const float scale = scales_shape[0] == 0 ? 1 : scales[b];
          for (int64_t from = starts[b]; from < starts[b + 1]; from += kRows) {
            const int64_t count = std::min<int64_t>(kRows, starts[b + 1] - from);
            Pack(count, columns, {wide + from * all + first, all, 1}, panels);
            Product(rows, columns, count, {narrow + from * rows, 1, rows}, panels, count, part, columns,
                    from > starts[b]);
          }
          Sweep(rows * columns, [&](int64_t i, auto load, auto store) {
            const F value = load(part + i);
            store(sum + i, load(sum + i) + value);
            store(square + i, load(square + i) + value * value * scale);
          });
        }
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t column = 0; column < columns; ++column) {
            const int64_t to = turned ? (first + column) * q + row : row * q + first + column;
            sums[to] = sum[row * columns + column];
            squares[to] = square[row * columns + column];
          }
      }
    });
  }
};

const bool registered = [] {
  Define("PerfitSegmentProducts", {"T: {float}"}, {"x: T", "y: T", "starts: int32", "scales: T"},
         {"sum: T", "squares: T"});
  Implement<float, SegmentProducts>("PerfitSegmentProducts");
  return true;
}();

}  // namespace
}  // namespace perfit
