// Products with a frozen matrix that is laid out once for all of them, a low-rank product added on the way:
// y = x W' + u B', and its gradient dx = dy W + t A. u and t may hold several adapters side by side, each on rows of its own: what
// is zero of them costs nothing. The matrix W [n, k] lies as panels of kPanel of its rows,
// [panels, k, kPanel]: y reads them as they are, dx turns square blocks of them around. Every element is summed in the
// order of the inner axis, so that no bit depends on how the work is shared out. bf16 is widened to f32, or multiplied in
// pairs where the processor can.
#include <memory>
#include <vector>

#include "operation.h"
#include "parallel.h"
#include "product.h"

namespace perfit {
namespace {

constexpr int64_t kBlock = 48;  // rows of x that stay in a thread's cache while its panels go by
constexpr int64_t kMost = 8;    // panels that a thread takes at a time, at most

// How much of the panels a thread holds: some whole ones, or, of an inner axis too long for its cache, more of them
// range by range, since x is read again for every group of panels.
struct Portion {
  int64_t group, depth;
};
inline Portion PortionOf(int64_t depth) { return depth <= 2048 ? Portion{2, depth} : Portion{kMost, 256}; }

typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));

inline Four LoadFour(const float* p) { return *reinterpret_cast<const Four*>(p); }
inline Four LoadFour(const BFloat16* p) { return Four{At(p), At(p + 1), At(p + 2), At(p + 3)}; }

// to[j][i] = from[i][j] for i, j < 4.
template <class T>
inline void TurnFour(const T* from, int64_t from_row, float* to, int64_t to_row) {
  typedef int32_t Mask __attribute__((vector_size(16)));
  const Four a = LoadFour(from), b = LoadFour(from + from_row), c = LoadFour(from + 2 * from_row),
             d = LoadFour(from + 3 * from_row);
  const Four ab = __builtin_shuffle(a, b, Mask{0, 4, 1, 5}), ba = __builtin_shuffle(a, b, Mask{2, 6, 3, 7});
  const Four cd = __builtin_shuffle(c, d, Mask{0, 4, 1, 5}), dc = __builtin_shuffle(c, d, Mask{2, 6, 3, 7});
  const auto put = [&](int64_t row, Four x) { *reinterpret_cast<Four*>(to + row * to_row) = x; };
  put(0, __builtin_shuffle(ab, cd, Mask{0, 1, 4, 5}));
  put(1, __builtin_shuffle(ab, cd, Mask{2, 3, 6, 7}));
  put(2, __builtin_shuffle(ba, dc, Mask{0, 1, 4, 5}));
  put(3, __builtin_shuffle(ba, dc, Mask{2, 3, 6, 7}));
}

// A range of an inner axis; of a frozen matrix's it begins at a multiple of kPanel.
struct Range {
  int64_t begin, end;
  int64_t Size() const { return end - begin; }
};

// How a product takes its operands: x in f32 times f32, or x in bf16 times pairs of the inner axis, which is even then.
struct Singles {
  typedef float Left;
  typedef float Right;
  static constexpr int64_t kStep = 1;
};
struct Pairwise {
  typedef BFloat16 Left;
  typedef Pair Right;
  static constexpr int64_t kStep = 2;
};

// A packed matrix as the right operand of a product whose inner axis has `depth` elements and whose result has `columns`.
template <class T>
struct Frozen {
  const T* panels;
  int64_t depth, columns;

  // A range of panel `index` of W', in f32: where it lies, or in `scratch` [range, kPanel].
  const float* Forward(int64_t index, Range range, float* scratch) const {
    const T* panel = panels + (index * depth + range.begin) * kPanel;
    if constexpr (sizeof(T) == sizeof(float)) return panel;
    Sweep(range.Size() * kPanel, [&](int64_t i, auto load, auto store) { store(scratch + i, load(panel + i)); });
    return scratch;
  }

  // A range of panel `index` of W, whose rows lie across the panels.
  const float* Backward(int64_t index, Range range, float* scratch) const {
    const int64_t first = index * kPanel, width = std::min(kPanel, columns - first);
    if (width < kPanel) memset(scratch, 0, range.Size() * kPanel * sizeof(float));
    for (int64_t row = range.begin; row < range.end; row += kPanel) {
      const T* from = panels + row * columns + first * kPanel;
      float* const to = scratch + (row - range.begin) * kPanel;
      const int64_t rows = std::min(kPanel, range.end - row);
      if (width == kPanel && rows == kPanel) {
        for (int64_t i = 0; i < kPanel; i += 4)
          for (int64_t j = 0; j < kPanel; j += 4) {
            // The next block is a whole panel away: no processor guesses that.
            __builtin_prefetch(from + columns * kPanel + (j + i / 4) * kPanel);
            TurnFour(from + j * kPanel + i, kPanel, to + i * kPanel + j, kPanel);
          }
      } else {
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < width; ++j) to[i * kPanel + j] = At(from + j * kPanel + i);
      }
    }
    return scratch;
  }

  // The same as pairs of the inner axis, [range / 2, kPanel].
  const Pair* Forward(int64_t index, Range range, Pair* scratch) const {
    const T* from = panels + (index * depth + range.begin) * kPanel;
    const auto wide = [](const T* p) { return __builtin_convertvector(*reinterpret_cast<const H*>(p), U); };
    for (int64_t i = 0; i < range.Size() * kPanel; i += 2 * kPanel)
      for (int64_t j = 0; j < kPanel; j += kWidth)
        *reinterpret_cast<U*>(scratch + i / 2 + j) = wide(from + i + j) | wide(from + i + kPanel + j) << 16;
    return scratch;
  }

  // A panel's rows lie side by side there, so pairs are turned around whole.
  const Pair* Backward(int64_t index, Range range, Pair* scratch) const {
    const int64_t first = index * kPanel, width = std::min(kPanel, columns - first), across = kPanel / 2;
    if (width < kPanel) memset(scratch, 0, range.Size() / 2 * kPanel * sizeof(Pair));
    for (int64_t row = range.begin; row < range.end; row += kPanel) {
      const auto* from = reinterpret_cast<const Pair*>(panels + row * columns + first * kPanel);
      Pair* const to = scratch + (row - range.begin) / 2 * kPanel;
      const int64_t pairs = std::min(kPanel, range.end - row) / 2;
      if (width == kPanel && pairs == across) {
        for (int64_t i = 0; i < across; i += 4)
          for (int64_t j = 0; j < kPanel; j += 4) {
            __builtin_prefetch(from + columns * across + (j + i / 4) * across);
            TurnFour(reinterpret_cast<const float*>(from + j * across + i), across,
                     reinterpret_cast<float*>(to + i * kPanel + j), kPanel);
          }
      } else {
        for (int64_t i = 0; i < pairs; ++i)
          for (int64_t j = 0; j < width; ++j) to[i * kPanel + j] = from[j * across + i];
      }
    }
    return scratch;
  }
};

// The low-rank part's right operand as panels, and the ranks that are not zero in one: those of the adapters that it
// belongs to, in runs.
struct Thin {
  const float* panel;
  std::vector<Range> runs;
};

Thin ThinPanel(int64_t rank, int64_t columns, int64_t index, Strided b, float* panel) {
  const int64_t first = index * kPanel, width = std::min(kPanel, columns - first);
  Thin thin{panel, {}};
  for (int64_t r = 0; r < rank; ++r) {
    bool any = false;
    for (int64_t j = 0; j < kPanel; ++j) {
      const float value = j < width ? b.at[r * b.row + (first + j) * b.column] : 0;
      panel[r * kPanel + j] = value;
      any = any || value != 0;
    }
    if (!any) continue;
    if (thin.runs.empty() || thin.runs.back().end < r)
      thin.runs.push_back({r, r + 1});
    else
      thin.runs.back().end = r + 1;
  }
  return thin;
}

// Of each row of the low-rank part's left operand [rows, rank], the ranks outside of which it is zero: where several
// adapters lie side by side, those of the row's own.
std::vector<Range> SpansOf(const float* left, int64_t rows, int64_t rank) {
  std::vector<Range> spans(rank > 0 ? rows : 0);
  ParallelFor(spans.size(), 512, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* const at = left + row * rank;
      Range span{0, rank};
      while (span.begin < span.end && at[span.begin] == 0) ++span.begin;
      while (span.begin < span.end && at[span.end - 1] == 0) --span.end;
      spans[row] = span;
    }
  });
  return spans;
}

// What holds every one of some spans.
inline Range Hull(const Range* spans, int64_t count) {
  Range hull = spans[0];
  for (int64_t i = 1; i < count; ++i)
    if (spans[i].Size() > 0)
      hull = hull.Size() > 0 ? Range{std::min(hull.begin, spans[i].begin), std::max(hull.end, spans[i].end)} : spans[i];
  return hull;
}

// What a strip of rows is multiplied by: a range of one panel, and the low-rank part after the last range.
template <class Right>
struct Factor {
  int64_t depth;
  const Right* panel;
  Thin thin;
};

// kRows rows of x (with those of the low-rank part beside) times one panel. `sums` [kRows, kPanel] holds what came of
// the ranges before (`resume`) and takes what is to go on (`pause`); at the end it goes to `columns` of y.
template <int kRows, class Left, class Right, class T>
inline void Strip(View<Left> x, Strided low, const Range* spans, const Factor<Right>& factor, float* held, bool resume,
                  bool pause, T* y, int64_t stride, int64_t columns) {
  F sums[kRows][2] = {};
  if (resume)
    for (int row = 0; row < kRows; ++row)
      for (int half = 0; half < 2; ++half) sums[row][half] = Load(held + row * kPanel + half * kWidth);
  Accumulate<kRows>(factor.depth, x, factor.panel, sums);
  if (pause) {
    for (int row = 0; row < kRows; ++row)
      for (int half = 0; half < 2; ++half) Store(held + row * kPanel + half * kWidth, sums[row][half]);
    return;
  }
  if (!factor.thin.runs.empty()) {
    const Range hull = Hull(spans, kRows);
    for (const Range& run : factor.thin.runs) {
      const int64_t begin = std::max(run.begin, hull.begin), end = std::min(run.end, hull.end);
      if (begin < end)
        Accumulate<kRows>(end - begin, {low.at + begin, low.row, 1}, factor.thin.panel + begin * kPanel, sums);
    }
  }
  for (int row = 0; row < kRows; ++row, y += stride) {
    T edge[kPanel];
    T* const to = columns < kPanel ? edge : y;
    Store(to, sums[row][0]);
    Store(to + kWidth, sums[row][1]);
    if (columns < kPanel) memcpy(y, edge, columns * sizeof(T));
  }
}

// x in f32: itself, or a copy.
template <class T>
const float* Widened(const T* x, int64_t size, std::unique_ptr<float[]>& copy) {
  if constexpr (sizeof(T) == sizeof(float)) return x;
  copy.reset(new float[size]);
  constexpr int64_t kPiece = 1 << 14;
  ParallelFor((size + kPiece - 1) / kPiece, 1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kPiece, last = std::min(end * kPiece, size);
    Sweep(last - first, [&](int64_t i, auto load, auto store) { store(copy.get() + first + i, load(x + first + i)); });
  });
  return copy.get();
}

// Into how many shares of its rows a product is cut. Few panels and many threads: more tasks are needed. And so many that
// no thread is left alone with the last of them for long.
inline int64_t Shares(int64_t groups, int64_t blocks) {
  const int64_t threads = Threads();
  int64_t shares = std::max<int64_t>(1, (4 * threads + groups - 1) / groups);
  const auto idle = [&](int64_t n) { return (groups * n + threads - 1) / threads * threads - groups * n; };
  while (shares < 4 * threads && idle(shares) * 32 > groups * shares) ++shares;
  return std::min(blocks, shares);
}

// x [rows, depth] times the panels that `panel_of` gives, plus left [rows, rank] times right.
template <class Terms, class T, class PanelOf>
void Multiply(int64_t rows, int64_t depth, int64_t columns, const typename Terms::Left* x, PanelOf panel_of,
              const float* left, int64_t rank, Strided right, T* y) {
  typedef typename Terms::Right Right;
  static_assert(sizeof(Right) == sizeof(float), "panels share their scratch");
  const Portion portion = PortionOf(depth);
  const int64_t panels = Panels(columns), groups = (panels + portion.group - 1) / portion.group;
  const int64_t blocks = (rows + kBlock - 1) / kBlock, shares = Shares(groups, blocks);
  const int64_t most = std::min(rows, (blocks + shares - 1) / shares * kBlock);
  const int64_t ranges = depth == 0 ? 1 : (depth + portion.depth - 1) / portion.depth;
  const std::vector<Range> spans = SpansOf(left, rows, rank);
  const int64_t panel_size = portion.depth / Terms::kStep * kPanel, thin_size = rank * kPanel, held_size = most * kPanel;
  ParallelFor(groups * shares, 1, [&](int64_t task, int64_t) {
    const std::unique_ptr<float[]> scratch(
        new float[portion.group * (panel_size + thin_size + (ranges > 1 ? held_size : 0))]);
    float* const thin_panels = scratch.get() + portion.group * panel_size;
    float* const held = thin_panels + portion.group * thin_size;
    const int64_t share = task % shares, first = task / shares * portion.group;
    const int64_t last = std::min(panels, first + portion.group);
    const int64_t from = blocks * share / shares * kBlock, to = std::min(rows, blocks * (share + 1) / shares * kBlock);
    Factor<Right> factors[kMost];
    for (int64_t p = first; p < last; ++p)
      factors[p - first].thin = ThinPanel(rank, columns, p, right, thin_panels + (p - first) * thin_size);
    for (int64_t at = 0; at < ranges; ++at) {
      const Range range{at * portion.depth, std::min(depth, (at + 1) * portion.depth)};
      const bool resume = at > 0, pause = at + 1 < ranges;
      for (int64_t p = first; p < last; ++p) {
        factors[p - first].depth = range.Size();
        factors[p - first].panel =
            panel_of(p, range, reinterpret_cast<Right*>(scratch.get() + (p - first) * panel_size));
      }
      for (int64_t block = from; block < to; block += kBlock) {
        const int64_t stop = std::min(to, block + kBlock);
        for (int64_t p = first; p < last; ++p) {
          const int64_t width = std::min(kPanel, columns - p * kPanel);
          Strips(stop - block, [&](int64_t strip, auto count) {
            const int64_t row = block + strip;
            const View<typename Terms::Left> part{x + row * depth + range.begin, depth, 1};
            Strip<count>(part, {left + row * rank, rank, 1}, spans.data() + (rank > 0 ? row : 0), factors[p - first],
                         held + (p - first) * held_size + (row - from) * kPanel, resume, pause,
                         y + row * columns + p * kPanel, columns, width);
          });
        }
      }
    }
  });
}

// The same with x as it is given.
template <class T, class PanelOf>
void Multiply(int64_t rows, int64_t depth, int64_t columns, const T* x, PanelOf panel_of, const float* left,
              int64_t rank, Strided right, T* y) {
  if (rows == 0 || columns == 0) return;
  if constexpr (kPairs && sizeof(T) == sizeof(BFloat16)) {
    if (depth % 2 == 0) return Multiply<Pairwise>(rows, depth, columns, x, panel_of, left, rank, right, y);
  }
  std::unique_ptr<float[]> copy;
  Multiply<Singles>(rows, depth, columns, Widened(x, rows * depth, copy), panel_of, left, rank, right, y);
}

// matrix [n, k] -> panels [ceil(n / kPanel), k, kPanel]
template <class T>
struct PackRows {
  explicit PackRows(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape;
    const T* matrix = call.Input<T>(0, &shape);
    const int64_t rows = shape[0], width = shape[1];
    T* packed = call.Output<T>(0, {Panels(rows), width, kPanel});
    if (!packed) return;
    ParallelFor(Panels(rows), 8, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kPanel, last = std::min(end * kPanel, rows);
      Pack(width, last - first, {matrix + first * width, 1, width}, packed + first * width);
    });
  }
};

// panels, indices [m] -> the matrix's rows of those numbers [m, k]
template <class T>
class RowsOf {
 public:
  explicit RowsOf(Attributes& attributes) : rows_(attributes.Int("rows")) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape, count;
    const T* packed = call.Input<T>(0, &shape);
    const int32_t* indices = call.Input<int32_t>(1, &count);
    const int64_t width = shape[1];
    T* rows = call.Output<T>(0, {count[0], width});
    if (!rows) return;
    for (int64_t m = 0; m < count[0]; ++m)
      if (indices[m] < 0 || indices[m] >= rows_) {
        call.Refuse("row " + std::to_string(indices[m]) + " is outside the valid range of " + std::to_string(rows_));
        return;
      }
    ParallelFor(count[0], 16, [&](int64_t begin, int64_t end) {
      for (int64_t m = begin; m < end; ++m) {
        const T* from = packed + indices[m] / kPanel * width * kPanel + indices[m] % kPanel;
        for (int64_t i = 0; i < width; ++i) rows[m * width + i] = from[i * kPanel];
      }
    });
  }

 private:
  const int64_t rows_;
};

// x [m, k], panels of W [n, k], u [m, r], B [n, r] -> x W' + u B' [m, n]; no low-rank part where r is 0.
template <class T>
class Linear {
 public:
  explicit Linear(Attributes& attributes) : rows_(attributes.Int("rows")) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape, low;
    const T *x = call.Input<T>(0, &shape), *packed = call.Input<T>(1);
    const float *left = call.Input<float>(2, &low), *right = call.Input<float>(3);
    T* y = call.Output<T>(0, {shape[0], rows_});
    if (!y) return;
    const Frozen<T> frozen{packed, shape[1], rows_};
    const int64_t rank = low[1];
    Multiply(shape[0], shape[1], rows_, x, [&](auto... of) { return frozen.Forward(of...); }, left, rank,
             {right, 1, rank}, y);
  }

 private:
  const int64_t rows_;
};

// dy [m, n], panels of W [n, k], t [m, r], A [r, k] -> dy W + t A [m, k]
template <class T>
struct LinearGrad {
  explicit LinearGrad(Attributes&) {}

  void operator()(Call& call) const {
    std::vector<int64_t> shape, panels, low;
    const T *dy = call.Input<T>(0, &shape), *packed = call.Input<T>(1, &panels);
    const float *left = call.Input<float>(2, &low), *right = call.Input<float>(3);
    const int64_t columns = panels[1];
    T* dx = call.Output<T>(0, {shape[0], columns});
    if (!dx) return;
    const Frozen<T> frozen{packed, shape[1], columns};
    Multiply(shape[0], shape[1], columns, dy, [&](auto... of) { return frozen.Backward(of...); }, left, low[1],
             {right, columns, 1}, dx);
  }
};

const bool registered = [] {
  Define("PerfitPack", {"T: {float, bfloat16}"}, {"matrix: T"}, {"packed: T"});
  Implement<float, PackRows<float>>("PerfitPack");
  Implement<BFloat16, PackRows<BFloat16>>("PerfitPack");
  Define("PerfitRowsOf", {"T: {float, bfloat16}", "rows: int"}, {"packed: T", "indices: int32"}, {"rows_of: T"});
  Implement<float, RowsOf<float>>("PerfitRowsOf");
  Implement<BFloat16, RowsOf<BFloat16>>("PerfitRowsOf");
  Define("PerfitLinear", {"T: {float, bfloat16}", "rows: int"}, {"x: T", "packed: T", "left: float", "right: float"},
         {"y: T"});
  Implement<float, Linear<float>>("PerfitLinear");
  Implement<BFloat16, Linear<BFloat16>>("PerfitLinear");
  Define("PerfitLinearGrad", {"T: {float, bfloat16}"}, {"dy: T", "packed: T", "left: float", "right: float"},
         {"dx: T"});
  Implement<float, LinearGrad<float>>("PerfitLinearGrad");
  Implement<BFloat16, LinearGrad<BFloat16>>("PerfitLinearGrad");
  return true;
}();

}  // namespace
}  // namespace perfit
