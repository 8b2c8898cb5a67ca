import { createEngine } from './create-engine.js';
import { describeNative, testEngine } from './testing.js';

describeNative('the native engine', () => testEngine(() => createEngine({ prefer: 'native' })));

describe('the WebAssembly engine', () => testEngine(() => createEngine({ prefer: 'wasm' })));
