const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest runs tests in a realm of their own, where native code's typed arrays and array buffers are not
 * `instanceof` the test's. Handing in the outer realm's constructors makes the two agree.
 */
class NativeEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of [
      'ArrayBuffer',
      'SharedArrayBuffer',
      'DataView',
      'Uint8Array',
      'Int8Array',
      'Uint16Array',
      'Int16Array',
      'Uint32Array',
      'Int32Array',
      'BigInt64Array',
      'BigUint64Array',
      'Float32Array',
      'Float64Array',
      'Uint8ClampedArray',
    ])
      this.global[name] = globalThis[name];
  }
}

module.exports = NativeEnvironment;
