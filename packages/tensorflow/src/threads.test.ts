import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Products of many sizes, in f32 and bf16, on as many threads as asked; prints a digest of all their bits. */
const script = (threads: number) => `
  import { createHash } from 'node:crypto';
  import { createEngine } from '@perfit/tensorflow';
  const engine = await createEngine({ prefer: 'native', threads: ${threads} });
  const hash = createHash('sha256');
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const size = (most) => 1 + Math.floor(random() * most);
  const matrix = (rows, columns, narrow) => {
    const wide = engine.upload(Float32Array.from({ length: rows * columns }, () => random() - 0.5), [rows, columns]);
    if (!narrow) return wide;
    const tensor = engine.cast(wide, 'bf16');
    engine.dispose(wide);
    return tensor;
  };
  for (let i = 0; i < 300; i++) {
    const [N, rows, columns, narrow] = [size(300), size(200), size(100), i % 2 === 1 && engine.supports('bf16')];
    const [x, w, dy] = [matrix(N, columns, narrow), matrix(rows, columns, narrow), matrix(N, rows, narrow)];
    const packed = engine.pack(w);
    const rank = size(40);
    const [A, B] = [matrix(rank, columns, false), matrix(rows, rank, false)];
    const { t, dA, dB } = engine.lowRankGradients({ x, A, B }, dy);
    const found = [engine.linear(x, packed), engine.linearBackward(dy, packed), engine.lowRankInput(x, A), t, dA, dB];
    for (const y of found) {
      hash.update(new Uint8Array(engine.download(y).buffer));
      engine.dispose(y);
    }
    engine.dispose(x, w, dy, A, B, packed.tensor);
  }
  console.log(engine.description.threads, hash.digest('hex'));
`;

function digest(threads: number): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const args = ['--input-type=module', '-e', script(threads)];
  // An engine that was opened in this process has set it.
  const { TF_NUM_INTRAOP_THREADS: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  const [used, bits] = stdout.trim().split('\n').at(-1)!.split(' ');
  if (Number(used) !== threads) throw new Error(`${used} threads instead of ${threads}: ${stderr}`);
  return bits;
}

test('no bit of a product depends on how many threads share it out, be they more than the processor has', () => {
  expect([2, 8].map(digest)).toEqual(Array(2).fill(digest(1)));
}, 120_000);
