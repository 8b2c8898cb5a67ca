import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlowJs from '@tensorflow/tfjs-core';
import { installedEngine } from '../cache.js';
import { BINDING_PACKAGE } from '../engine-sources.js';
import { loadBinding } from '../native-binding.js';

/**
 * Loads tfjs-node-gpu's own JavaScript on the installed engine, to compare with its gradients. Needs that package (a
 * development dependency here); the engine itself does without, which saves a quarter of a second at every start.
 */
export function loadTfjs(): typeof TensorFlowJs {
  const engine = installedEngine();
  if (!engine) throw new Error('tfjs needs the native engine: install it first.');
  loadBinding(engine);
  const require = createRequire(import.meta.url);
  const within = createRequire(require.resolve(`${BINDING_PACKAGE.name}/package.json`));
  // Its loader looks for the binding in its own folder, which nobody writes into here.
  (within('@mapbox/node-pre-gyp/lib/pre-binding.js') as { find: () => string }).find = () => engine.binding;
  // Gone since Node 23, and still called.
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
  return require(BINDING_PACKAGE.name) as typeof TensorFlowJs;
}
