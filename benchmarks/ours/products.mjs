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

const products = job.products.map(({ name, m, k, n, transposed }) => {
  const [a, b] = [draw(m, k), transposed ? draw(n, k) : draw(k, n)];
  const once = () => engine.dispose(engine.matmul(a, b, { transposeB: transposed }));
  for (let i = 0; i < 3; i++) once();
  const took = Array.from({ length: job.passes }, () => timed(once));
  engine.dispose(a, b);
  return {
    name,
    milliseconds: took.map(({ milliseconds }) => milliseconds),
    cpuMilliseconds: took.map(({ cpuMilliseconds }) => cpuMilliseconds),
  };
});
finish({ products }, engine);
