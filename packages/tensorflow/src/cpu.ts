import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Instruction sets that decide how fast the engine computes. */
const NOTABLE = ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_bf16', 'asimd', 'bf16', 'sve'];

/** The processor, as Linux describes it. */
export interface Cpu {
  readonly model: string;
  readonly cores: number;
  /** Instruction sets, of those that matter here; empty where the system does not say. */
  readonly features: readonly string[];
}

/** Reads the processor's model and features; `cpuinfo` is the text of `/proc/cpuinfo`. */
export function readCpu(cpuinfo = readCpuInfo()): Cpu {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1].split(/\s+/));
  const found = cpus();
  return {
    model: found[0]?.model.trim() || 'unknown',
    cores: found.length,
    features: NOTABLE.filter((name) => flags.has(name)),
  };
}

/** What our kernels can be compiled for. */
export type InstructionSet = 'avx512bf16' | 'avx512' | 'avx2' | 'baseline';

/** The instruction sets whose kernels a processor can run, widest vectors first. */
export function instructionSets({ features }: Cpu = readCpu()): readonly [InstructionSet, ...InstructionSet[]] {
  const avx2: readonly InstructionSet[] = features.includes('avx2') && features.includes('fma') ? ['avx2'] : [];
  const avx512: readonly InstructionSet[] = features.includes('avx512f') && avx2.length > 0 ? ['avx512'] : [];
  const bf16: readonly InstructionSet[] = features.includes('avx512_bf16') && avx512.length > 0 ? ['avx512bf16'] : [];
  const [first, ...rest] = [...bf16, ...avx512, ...avx2, 'baseline' as const];
  return [first, ...rest];
}

/** Rows to which kernels compiled for an instruction set round a frozen matrix up: two vectors of f32. */
export const panelRows: Readonly<Record<InstructionSet, number>> = {
  avx512bf16: 32,
  avx512: 32,
  avx2: 16,
  baseline: 8,
};

/** Whether bf16 products run on instructions of their own; without them bf16 saves memory and costs time. */
export function hasFastBf16({ features }: Cpu): boolean {
  return features.some((name) => name.endsWith('bf16'));
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
