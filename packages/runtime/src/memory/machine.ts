import {
  type EngineDescription,
  instructionSets,
  type MachineMemory,
  machineMemory,
  panelRows,
} from '@perfit/tensorflow';

/** What of an engine decides the memory of a run. */
export interface PlannedEngine {
  readonly kind: 'native' | 'wasm';
  /** Whether tensors lie in a memory of their own. */
  readonly gpu: boolean;
  /** Rows to which frozen matrices are rounded up. */
  readonly panel: number;
}

/** The same of an engine that is open, or that would be. */
export function plannedEngine({ kind, device }: Pick<EngineDescription, 'kind' | 'device'>): PlannedEngine {
  const gpu = device !== 'CPU';
  return { kind, gpu, panel: kind === 'native' && !gpu ? panelRows[instructionSets()[0]] : 1 };
}

/** Memory that a run may take, in bytes. */
export interface MemoryLimit {
  readonly bytes: number;
  /** Whose figure that is: the machine's own, or what the user said. */
  readonly source: 'machine' | 'given';
  readonly machine: MachineMemory;
}

/**
 * What this process may grow to: what is free, what it has already, and swap. Where the system does not say what is free in
 * that sense (elsewhere than on Linux) all of the memory. `given`: what the user says instead.
 */
export function memoryLimit(
  given?: number,
  machine: MachineMemory = machineMemory(),
  resident: number = process.memoryUsage.rss(),
): MemoryLimit {
  if (given !== undefined) return { bytes: given, source: 'given', machine };
  const { known, free, swap, total } = machine;
  return { bytes: known ? Math.min(free + resident, total) + swap : total, source: 'machine', machine };
}
