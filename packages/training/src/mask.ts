import { type Architecture, applyArchitecture } from '@perfit/lora';

/** An architecture as numbers: 1 where live, 0 elsewhere. Length P; refuses an architecture of another size. */
export function maskOf(architecture: Architecture, size: number): Float32Array {
  return applyArchitecture(new Float32Array(size).fill(1), architecture);
}
