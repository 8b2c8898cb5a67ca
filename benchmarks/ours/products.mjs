/** Rates of matrix products on the engine: the counterpart of python/products.py. */
import { createEngine } from '@perfit/tensorflow';
import { finish, job, timed } from './process.mjs';

const engine = await createEngine({ threads: job.threads });

/** Drawn values, `[rows, columns]`. */
function draw(rows, columns) {
  const wide = engine.upload(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 12.9898)),
    [rows, columns],
  );
  if (job.dtype === 'f32') return wide;
  const narrow = engine.cast(wide, job.dtype);
  engine.dispose(wide);
  return narrow;
}

/** How to take a product once, and what to end in the end: the engine's MatMul, or its product with a packed matrix. */
function operation({ m, k, n, transposed }) {
  const a = draw(m, k);
  const b = transposed ? draw(n, k) : draw(k, n);
  if (job.operation === 'matmul') return [() => engine.matmul(a, b, { transposeB: transposed }), [a, b]];
  const packed = engine.pack(b);
  return [() => (transposed ? engine.linear(a, packed) : engine.linearBackward(a, packed)), [a, b, packed.tensor]];
}

const products = job.products.map((product) => {
  const [take, operands] = operation(product);
  const once = () => engine.dispose(take());
  for (let i = 0; i < 3; i++) once();
  const took = Array.from({ length: job.passes }, () => timed(once));
  engine.dispose(...operands);
  return {
    name: product.name,
    milliseconds: took.map(({ milliseconds }) => milliseconds),
    cpuMilliseconds: took.map(({ cpuMilliseconds }) => cpuMilliseconds),
  };
});
finish({ products }, engine);
