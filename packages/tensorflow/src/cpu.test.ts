import { hasFastBf16, instructionSets, readCpu } from './cpu.js';

test('reads the features that matter', () => {
  const cpu = readCpu('processor : 0\nflags\t\t: fpu sse avx2 fma avx512f amx_bf16 xsave\n');
  expect(cpu.features).toEqual(['avx2', 'fma', 'avx512f', 'amx_bf16']);
  expect(hasFastBf16(cpu)).toBe(true);
  expect(instructionSets(cpu)).toEqual(['avx512', 'avx2', 'baseline']);
});

test('takes bf16 instructions where vectors of 512 bits have them', () => {
  const sets = (flags: string) => instructionSets(readCpu(`processor : 0\nflags : ${flags}\n`));
  expect(sets('avx2 fma avx512f avx512_bf16')).toEqual(['avx512bf16', 'avx512', 'avx2', 'baseline']);
  expect(sets('avx2 fma avx512_bf16')).toEqual(['avx2', 'baseline']);
});

test('knows nothing where the system says nothing', () => {
  const cpu = readCpu('');
  expect(cpu.features).toEqual([]);
  expect(cpu.cores).toBeGreaterThan(0);
  expect(hasFastBf16(cpu)).toBe(false);
  expect(instructionSets(cpu)).toEqual(['baseline']);
});
