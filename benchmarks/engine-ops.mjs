/**
 * Times the engine's operations on the shapes of one SmolLM2-135M layer (B = 4, T = 256, H = 576, 9 heads over 3, D = 64,
 * F = 1536), each form of an idea beside its rivals. For work on the engine: it reaches into what is not exported.
 *
 *   npm run build && node benchmarks/engine-ops.mjs [--dtype f32] [--passes 40] [--threads N] [--quick] [--record]
 *
 * `ms` is the median wall time of one call; `cpuMs` the processor time over all threads, which a busy machine distorts less.
 * Ratios are fused over composed.
 */
import { createEngine, installedEngine } from '@perfit/tensorflow';
import { composedFused } from '../packages/tensorflow/dist/composed.js';
import { loadBinding } from '../packages/tensorflow/dist/native-binding.js';
import { readOptions } from './shared/options.mjs';
import { tell } from './shared/report.mjs';
import { median, spread } from './shared/statistics.mjs';

const options = readOptions({ dtype: 'f32', passes: 40 }, { passes: 1 });
const { dtype, passes, threads } = options;
const engine = await createEngine({ prefer: 'native', threads });
const composed = composedFused(engine);
const { binding } = loadBinding(installedEngine(), threads);
const CODES = { f32: 1, i32: 3, bf16: 14 };
const [B, T, H, HEADS, KV, D, F] = [4, 256, 576, 9, 3, 64, 1536];
const N = B * T;

const size = (shape) => shape.reduce((a, b) => a * b, 1);
const draw = (shape, as = dtype) => {
  const wide = engine.upload(
    Float32Array.from({ length: size(shape) }, (_, i) => Math.sin(i * 12.9898)),
    shape,
  );
  if (as === 'f32') return wide;
  const narrow = engine.cast(wide, as);
  engine.dispose(wide);
  return narrow;
};
const tensorsIn = (value) => (Array.isArray(value) ? value : 'id' in value ? [value] : Object.values(value));

/** Raw operations that the engine does not offer, to see whether it should. */
const type = (name, as = dtype) => ({ name, type: binding.TF_ATTR_TYPE, value: CODES[as] });
const flag = (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value });
const integer = (name, value) => ({ name, type: binding.TF_ATTR_INT, value });
const raw = (name, attributes, inputs, outputs = 1) => {
  const made = binding.executeOp(
    name,
    attributes,
    inputs.map(({ id }) => id),
    outputs,
  );
  for (const { id } of made) binding.deleteTensor(id);
  return [];
};

const results = {};
function time(name, body) {
  const measure = () => {
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    const made = body();
    const used = process.cpuUsage(cpu);
    const took = [performance.now() - begin, (used.user + used.system) / 1000];
    engine.dispose(...tensorsIn(made));
    return took;
  };
  try {
    for (let i = 0; i < 5; i++) measure();
    const runs = Array.from({ length: passes }, measure);
    const [ms, cpuMs] = [0, 1].map((index) => median(runs.map((run) => run[index])));
    results[name] = { ms, cpuMs };
  } catch (error) {
    results[name] = { refused: error.message.split('\n').at(-1).slice(0, 120) };
  }
}

const x = draw([N, H], 'f32');
const narrowX = draw([N, H]);
const weight = draw([H], 'f32');
const norm = engine.rmsNorm(x, weight, 1e-5, dtype);
for (const [form, e] of [
  ['fused', engine],
  ['composed', composed],
]) {
  time(`rmsNorm ${form}`, () => e.rmsNorm(x, weight, 1e-5, dtype));
  time(`rmsNormBackward ${form}`, () => e.rmsNormBackward({ x, inverse: norm.inverse, weight }, narrowX, x));
}

const gateUp = draw([N, 2 * F]);
const [gate, up, wide] = [draw([N, F]), draw([N, F]), draw([N, F])];
for (const [form, e] of [
  ['fused', engine],
  ['composed', composed],
]) {
  time(`swiglu ${form}`, () => e.swiglu(gate, up));
  time(`swigluBackward ${form}`, () => e.swigluBackward(gate, up, wide));
}
time('swiglu: _MklSwish of the gate', () =>
  raw('_MklSwish', [type('T'), { name: '_kernel', type: binding.TF_ATTR_STRING, value: 'MklNameChangeOp' }], [wide]),
);
time('swiglu: sigmoid of the gate', () => engine.sigmoid(wide));

const sizes = { starts: Int32Array.from({ length: B + 1 }, (_, s) => s * T), heads: HEADS, keyValueHeads: KV };
const qkv = draw([N, (HEADS + 2 * KV) * D]);
const angles = (of) =>
  engine.upload(
    Float32Array.from({ length: T * (D / 2) }, (_, i) =>
      of(Math.floor(i / (D / 2)) * 1e5 ** ((-2 * (i % (D / 2))) / D)),
    ),
    [T, D / 2],
  );
const rotation = { cos: angles(Math.cos), sin: angles(Math.sin) };
const saved = { qkv, rotation, ...engine.attention(qkv, rotation, sizes) };
const dz = draw([N, HEADS * D]);
for (const [form, e] of [
  ['fused', engine],
  ['composed', composed],
]) {
  time(`attention ${form}`, () => e.attention(qkv, rotation, sizes));
  time(`attentionBackward ${form}`, () => e.attentionBackward(saved, dz, sizes));
}
const q = draw([B, KV, (HEADS / KV) * T, D]);
const k = draw([B, KV, T, D]);
const scores = draw([B, KV, (HEADS / KV) * T, T]);
time('scores: BatchMatMulV2', () => engine.batchMatmul(q, k, { transposeB: true }));
time('scores: BatchMatMulV3', () =>
  raw('BatchMatMulV3', [type('Ta'), type('Tb'), type('Tout'), flag('adj_x', false), flag('adj_y', true)], [q, k]),
);
time('scores: Einsum', () =>
  raw(
    'Einsum',
    [{ name: 'equation', type: binding.TF_ATTR_STRING, value: 'bhqd,bhkd->bhqk' }, integer('N', 2), type('T')],
    [q, k],
  ),
);
time('values: BatchMatMulV2', () => engine.batchMatmul(scores, k));
time('softmax of the scores', () => engine.softmax(scores));
time('mask added to the scores', () => engine.add(scores, engine.scalar(1, dtype)));

time('add of two [N, H]', () => engine.add(x, x));
time('mul by a scalar [N, H]', () => engine.mul(x, engine.scalar(2)));
time('addN of three [N, H]', () => engine.addN([x, x, x]));
time('split [N, 2F] in two', () => engine.split(gateUp, [F, F], 1));
time('slice [N, 2F] twice', () => [engine.slice(gateUp, [0, 0], [N, F]), engine.slice(gateUp, [0, F], [N, F])]);
time('concat to [N, 2F]', () => engine.concat([wide, wide], 1));
const apart = engine.reshape(qkv, [B, T, HEADS + 2 * KV, D]);
time('transpose [B, T, 15, D]', () => engine.transpose(apart, [0, 2, 1, 3]));
time('cast [N, F]', () => engine.cast(wide, dtype === 'f32' ? 'bf16' : 'f32'));

const W = draw([2 * F, H]);
const gateW = draw([F, H]);
const bias = draw([2 * F]);
time('matmul [N, H] · [2F, H]ᵀ', () => engine.matmul(narrowX, W, { transposeB: true }));
time('matmul [N, H] · [F, H]ᵀ twice', () => [
  engine.matmul(narrowX, gateW, { transposeB: true }),
  engine.matmul(narrowX, gateW, { transposeB: true }),
]);
time('matmul [N, 2F] · [2F, H]', () => engine.matmul(gateUp, W));
time('_FusedMatMul with BiasAdd', () =>
  raw(
    '_FusedMatMul',
    [
      type('T'),
      flag('transpose_a', false),
      flag('transpose_b', true),
      integer('num_args', 1),
      { name: 'fused_ops', type: binding.TF_ATTR_STRING, value: 'BiasAdd' },
    ],
    [narrowX, W, bias],
  ),
);
const A = draw([8, H]);
time('matmul [N, H] · [8, H]ᵀ', () => engine.matmul(narrowX, A, { transposeB: true }));

const V = 49152;
const logits = draw([128, V]);
const labels = engine.upload(
  Int32Array.from({ length: 128 }, (_, i) => i * 97),
  [128],
);
time('crossEntropy [128, V] fused', () => engine.crossEntropy(logits, labels));
time('crossEntropy [128, V] TensorFlow', () =>
  raw('SparseSoftmaxCrossEntropyWithLogits', [type('T'), type('Tlabels', 'i32')], [logits, labels], 2),
);

const measured = Object.entries(results).filter(([, { ms }]) => ms !== undefined);
const pairs = measured.filter(([name]) => name.endsWith(' fused') && results[name.replace(/fused$/, 'composed')]?.ms);
tell({
  benchmark: 'engine-ops',
  options: { ...options, model: 'none' },
  versions: { engine: 'native', tensorflow: engine.description.version },
  figures: Object.fromEntries(measured.map(([name, { ms }]) => [`${name}: ms`, spread([ms])])),
  ratios: Object.fromEntries(
    pairs.map(([name, { cpuMs }]) => [
      `${name} against composed, processor time`,
      spread([cpuMs / results[name.replace(/fused$/, 'composed')].cpuMs]),
    ]),
  ),
  results,
});
