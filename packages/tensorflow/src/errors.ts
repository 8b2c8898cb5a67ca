import { defineErrors } from '@perfit/strategy';

/** What can go wrong in the engine and around it. */
export const errors = defineErrors('tensorflow', {
  'shape-mismatch': 'Operands of an operation do not fit each other, or values do not fit their shape.',
  'unknown-tensor': 'A tensor was disposed twice, or belongs to another engine.',
  'unsupported-dtype': 'The engine, or the operation, does not compute in that element type.',
  'out-of-memory': 'The device has no memory left for a result.',
  'operation-failed': 'The engine refused an operation.',
  'not-installed': 'The native engine was asked for and is not in the cache.',
  'load-failed': 'The native engine is in the cache and cannot be loaded.',
});
