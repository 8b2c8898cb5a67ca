import { installedEngine } from './cache.js';
import { createEngine } from './create-engine.js';
import { nativeEngine } from './native.js';
import { loadBinding } from './native-binding.js';
import { describeNative, testEngine } from './testing.js';

describeNative('the native engine', () => testEngine(() => createEngine({ prefer: 'native' })));

describeNative('the native engine as on a GPU, without our kernels', () =>
  testEngine(async () => {
    const { binding, threads } = loadBinding(installedEngine()!);
    const description = { kind: 'native', version: binding.TF_Version, threads, device: 'GPU', build: 'b' } as const;
    return nativeEngine(Object.create(binding, { isUsingGpuDevice: { value: () => true } }), description);
  }),
);

describe('the WebAssembly engine', () => testEngine(() => createEngine({ prefer: 'wasm' })));
