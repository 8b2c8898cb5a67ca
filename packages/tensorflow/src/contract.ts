/** Element types that an engine computes in. `bf16` exists on the native engine only. */
export type DType = 'f32' | 'bf16' | 'i32';

/** A handle to values that an engine holds. Made and disposed by its engine; everything else only passes it on. */
export interface Tensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What runs underneath, for `doctor` and for a run's environment record. */
export interface EngineDescription {
  readonly kind: 'native' | 'wasm';
  /** TensorFlow's version, or the WASM backend's. */
  readonly version: string;
  readonly threads: number;
  /** `CPU` or the GPU's name. */
  readonly device: string;
  /** Names the code that computes: what one build computes on one device with as many threads is the same to the bit. */
  readonly build: string;
}

/** Which operands of a product are transposed. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** RoPE's angles of positions 0 to T − 1 over half a head: `[T, D/2]` f32 each, T at least the longest sequence. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** How the stacked rows `[N, (heads + 2 · keyValueHeads) · D]` of q, k and v are to be read. */
export interface AttentionSizes {
  /**
   * `[S + 1]`, on the host: the S sequences lie end to end, sequence s in the rows from `starts[s]` to before
   * `starts[s + 1]`. Ascends from 0 to N; no sequence is empty.
   */
  readonly starts: Int32Array;
  /** Query heads: a multiple of `keyValueHeads`. */
  readonly heads: number;
  readonly keyValueHeads: number;
}

/** What the backward of a norm needs: x `[N, H]` f32, `inverse` `[N, 1]` f32, `weight` `[H]` f32. */
export interface RmsNormSaved {
  readonly x: Tensor;
  readonly inverse: Tensor;
  readonly weight: Tensor;
}

/** What the backward of attention needs. */
export interface AttentionSaved {
  readonly qkv: Tensor;
  readonly rotation: Rotation;
  /** `[N, heads · D]` */
  readonly z: Tensor;
  /** `[heads, N]` f32 */
  readonly logSumExp: Tensor;
}

/** A frozen matrix `[rows, columns]` laid out once for many products; made by `pack`, ended by disposing `tensor`. */
export interface PackedMatrix {
  /** Owned by whoever packed it. Its layout is the engine's own: only operations that take a PackedMatrix read it. */
  readonly tensor: Tensor;
  readonly shape: readonly [rows: number, columns: number];
  readonly dtype: DType;
}

/** A low-rank term `left · right` beside a product; f32 both, `left` `[N, R]`. */
export interface LowRankTerm {
  readonly left: Tensor;
  /** B `[rows, R]` in `linear`, A `[R, columns]` in `linearBackward`. */
  readonly right: Tensor;
}

/**
 * The few operations that models and training are written on. Every operation borrows its operands and returns a new
 * tensor that the caller owns; `dispose` ends it. Nothing is traced, nothing is freed behind the caller's back.
 * Element-wise operations broadcast as NumPy does; operands have one dtype. Products of `bf16` give `bf16`.
 */
export interface Engine {
  readonly description: EngineDescription;
  /** Number of tensors alive, cached constants not counted: 0 after everything was disposed. */
  readonly live: () => number;
  /** Whether the engine computes in an element type. */
  readonly supports: (dtype: DType) => boolean;

  // Memory
  /** Copies host values in: Float32Array → f32, Int32Array → i32, Uint16Array (raw bits) → bf16. */
  readonly upload: (values: Float32Array | Int32Array | Uint16Array, shape: readonly number[]) => Tensor;
  /** Copies values out, bf16 widened to f32. Waits for the device: keep it out of inner loops. */
  readonly download: (x: Tensor) => Float32Array | Int32Array;
  /** Ends tensors; `undefined` is skipped, a tensor that is already gone is an error. */
  readonly dispose: (...tensors: readonly (Tensor | undefined)[]) => void;
  /** A cached constant scalar: owned by the engine, never disposed by the caller. */
  readonly scalar: (value: number, dtype?: DType) => Tensor;

  // Shape
  /** x in another element type; rounds to nearest, ties to even. */
  readonly cast: (x: Tensor, dtype: DType) => Tensor;
  /** The same elements in another shape. */
  readonly reshape: (x: Tensor, shape: readonly number[]) => Tensor;
  /** Axis i of the result is axis `permutation[i]` of x. */
  readonly transpose: (x: Tensor, permutation: readonly number[]) => Tensor;
  /** Joined along an axis. */
  readonly concat: (xs: readonly Tensor[], axis: number) => Tensor;
  /** Cut along an axis into pieces of these sizes. */
  readonly split: (x: Tensor, sizes: readonly number[], axis: number) => readonly Tensor[];
  /** The block of `size` elements an axis, from `begin`. */
  readonly slice: (x: Tensor, begin: readonly number[], size: readonly number[]) => Tensor;
  /** Zero padding: `[before, after]` per axis. */
  readonly pad: (x: Tensor, paddings: readonly (readonly [number, number])[]) => Tensor;
  /** Rows of x (axis 0) at `indices` (i32, 1-D). */
  readonly gather: (x: Tensor, indices: Tensor) => Tensor;
  /** `[count, …]` zeros with `rows` added at `indices` (i32, 1-D); repeated indices sum. */
  readonly scatterAdd: (indices: Tensor, rows: Tensor, count: number) => Tensor;

  // Products
  /** 2-D: `[m, k] · [k, n] → [m, n]`. */
  readonly matmul: (a: Tensor, b: Tensor, options?: MatmulOptions) => Tensor;
  /** Batched over leading axes, which broadcast. */
  readonly batchMatmul: (a: Tensor, b: Tensor, options?: MatmulOptions) => Tensor;

  // Products with a frozen matrix W
  /** W `[rows, columns]` f32 or bf16, laid out for the products below. */
  readonly pack: (matrix: Tensor) => PackedMatrix;
  /** Rows of W at `indices` (i32, 1-D) → `[count, columns]`, in its element type. */
  readonly packedRows: (matrix: PackedMatrix, indices: Tensor) => Tensor;
  /** x `[N, columns]` → x Wᵀ + left Bᵀ `[N, rows]`. Sums in f32; x and the result are of W's element type. */
  readonly linear: (x: Tensor, matrix: PackedMatrix, term?: LowRankTerm) => Tensor;
  /** dy `[N, rows]` → dy W + left A `[N, columns]`. */
  readonly linearBackward: (dy: Tensor, matrix: PackedMatrix, term?: LowRankTerm) => Tensor;

  // Element-wise
  /** a + b */
  readonly add: (a: Tensor, b: Tensor) => Tensor;
  /** a − b */
  readonly sub: (a: Tensor, b: Tensor) => Tensor;
  /** a · b */
  readonly mul: (a: Tensor, b: Tensor) => Tensor;
  /** a / b */
  readonly div: (a: Tensor, b: Tensor) => Tensor;
  /** −x */
  readonly neg: (x: Tensor) => Tensor;
  /** x² */
  readonly square: (x: Tensor) => Tensor;
  /** √x */
  readonly sqrt: (x: Tensor) => Tensor;
  /** 1 / √x */
  readonly rsqrt: (x: Tensor) => Tensor;
  /** |x| */
  readonly abs: (x: Tensor) => Tensor;
  /** 1 / (1 + e⁻ˣ) */
  readonly sigmoid: (x: Tensor) => Tensor;
  /** Sum of a list of equal shapes. */
  readonly addN: (xs: readonly Tensor[]) => Tensor;

  // Reductions and softmax
  /** Sum along an axis. */
  readonly sum: (x: Tensor, axis: number, keepDims?: boolean) => Tensor;
  /** Mean along an axis. */
  readonly mean: (x: Tensor, axis: number, keepDims?: boolean) => Tensor;
  /** Over the last axis. */
  readonly softmax: (x: Tensor) => Tensor;
  /**
   * logits `[M, V]`, labels `[M]` i32 → losses `[M]` f32 and the gradients `weights_m · ∂loss_m/∂logits` `[M, V]` in the
   * logits' element type, both owned by the caller. `weights` `[M]` f32, default 1.
   */
  readonly crossEntropy: (
    logits: Tensor,
    labels: Tensor,
    weights?: Tensor,
  ) => { readonly losses: Tensor; readonly gradient: Tensor };
  /** Σ of the rows of `values [N, …]` (axis 0) by `segments [N]` (i32) → `[count, …]`; negative segments are dropped. */
  readonly segmentSum: (values: Tensor, segments: Tensor, count: number) => Tensor;

  // Fused: one pass over memory on the native engine's CPU, compositions of the above elsewhere (same results to rounding)
  /** y = weight ∘ x s, s = 1/√(mean(x²) + ε) per row of x `[N, H]` f32; y has element type `dtype` (default f32). */
  readonly rmsNorm: (
    x: Tensor,
    weight: Tensor,
    epsilon: number,
    dtype?: DType,
  ) => { readonly y: Tensor; readonly inverse: Tensor };
  /** dy `[N, H]` → dx `[N, H]` f32 = residual + s (g − x s² mean(g ∘ x)), g = weight ∘ dy; `residual` f32, default 0. */
  readonly rmsNormBackward: (saved: RmsNormSaved, dy: Tensor, residual?: Tensor) => Tensor;
  /** gate σ(gate) ∘ up (Shazeer 2020), of equal shapes. */
  readonly swiglu: (gate: Tensor, up: Tensor) => Tensor;
  /** dy → the gradients of gate and up. */
  readonly swigluBackward: (gate: Tensor, up: Tensor, dy: Tensor) => { readonly dGate: Tensor; readonly dUp: Tensor };
  /**
   * Causal attention of grouped queries, q and k turned by RoPE (Hugging Face's pairing of halves), scores times 1/√D:
   * the stacked projection → z `[N, heads · D]`, and log Σ exp of the scores, for the backward. A token sees the tokens
   * before it in its own sequence, and itself. Scores exist for a few queries at a time; on engines without the kernel they
   * exist whole, for blocks as long as the longest sequence.
   */
  readonly attention: (
    qkv: Tensor,
    rotation: Rotation,
    sizes: AttentionSizes,
  ) => { readonly z: Tensor; readonly logSumExp: Tensor };
  /** dz `[N, heads · D]` → the gradient of the stacked projection. */
  readonly attentionBackward: (saved: AttentionSaved, dz: Tensor, sizes: AttentionSizes) => Tensor;
  /** u = x Aᵀ `[N, R]` in f32, of x `[N, in]` in any element type and A `[R, in]` in f32. */
  readonly lowRankInput: (x: Tensor, A: Tensor) => Tensor;
  /**
   * The backward of y = … + (x Aᵀ) Bᵀ: dy `[N, out]` → t = dy B `[N, R]`, dA = tᵀ x `[R, in]` and dB = dyᵀ (x Aᵀ)
   * `[out, R]`, all in f32; x and dy of one element type, B `[out, R]` in f32.
   */
  readonly lowRankGradients: (
    of: { readonly x: Tensor; readonly A: Tensor; readonly B: Tensor },
    dy: Tensor,
  ) => { readonly t: Tensor; readonly dA: Tensor; readonly dB: Tensor };
  /**
   * With X_b and Y_b the rows of x `[N, p]` and y `[N, q]` (f32) that lie from `starts[b]` to before `starts[b + 1]`:
   * `sum` = Σ_b X_bᵀ Y_b and `squares` = Σ_b scales_b (X_bᵀ Y_b)², element by element, `[p, q]` each. The products add up
   * in the order of b, and never exist together where there is a kernel. `starts` as in {@link AttentionSizes}; `scales`
   * `[S]` f32, default 1.
   */
  readonly segmentProducts: (
    x: Tensor,
    y: Tensor,
    starts: Int32Array,
    scales?: Tensor,
  ) => { readonly sum: Tensor; readonly squares: Tensor };
}
