/**
 * Compiles packages/aggregation/kernel/masked-sum.ts with AssemblyScript into a module of the package, which then needs
 * no compiler: `node tools/build-masked-sum.mjs`. A test compares the digest of the sources.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const directory = join(import.meta.dirname, '../packages/aggregation');
const sources = join(directory, 'kernel/masked-sum.ts');
const temporary = mkdtempSync(join(tmpdir(), 'masked-sum-'));
const output = join(temporary, 'masked-sum.wasm');
const options = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--initialMemory', '1'];
try {
  execFileSync('npx', ['--yes', '--package', COMPILER, 'asc', sources, '-o', output, ...options], { stdio: 'inherit' });
  const base64 = readFileSync(output)
    .toString('base64')
    .match(/.{1,112}/g);
  writeFileSync(
    join(directory, 'src/masked-sum-binary.ts'),
    `// Compiled from kernel/masked-sum.ts by tools/build-masked-sum.mjs with ${COMPILER}.

/** SHA-256 of the sources. */
export const sourcesDigest = '${createHash('sha256').update(readFileSync(sources)).digest('hex')}';

/** The WebAssembly module, in base64. */
export const binary = [
${base64.map((line) => `  '${line}',\n`).join('')}].join('');
`,
  );
} finally {
  rmSync(temporary, { recursive: true });
}
