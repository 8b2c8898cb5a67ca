import { defineErrors } from '@perfit/strategy';

/** What can go wrong in the engine, in its installation and around it. */
export const errors = defineErrors('tensorflow', {
  'shape-mismatch': 'Operands of an operation do not fit each other, or values do not fit their shape.',
  'unknown-tensor': 'A tensor was disposed twice, used after it was disposed, or belongs to another engine.',
  'unsupported-dtype': 'The engine, or the operation, does not compute in that element type.',
  'index-out-of-range': 'An index or a label points outside of what it indexes.',
  'out-of-memory': 'The device has no memory left for a result.',
  'operation-failed': 'The engine refused an operation.',
  'not-installed': 'The native engine was asked for and is not in the cache.',
  'load-failed': 'The native engine is in the cache and does not load or compute on this machine.',
  'unsupported-platform': 'TensorFlow publishes no libraries that the native engine could use on this platform.',
  'no-python': 'Installing the native engine needs Python 3 with pip, and none was found.',
  'no-compiler': 'Installing the native engine needs a C++17 compiler, and none was found.',
  'no-space': 'The cache directory has too little disk space left for the native engine.',
  'cache-unwritable': 'The cache directory cannot be written.',
  'no-wheel': 'The package index holds no TensorFlow wheel for this platform.',
  'bad-checksum': 'A download differs from what was published.',
  'download-failed': 'A package index could not be reached, or refused.',
  'compile-failed': 'The C++ compiler refused the sources of the binding.',
  'install-busy': 'Another process has been installing the engine for too long.',
});
