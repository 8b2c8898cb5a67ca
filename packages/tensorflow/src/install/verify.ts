import type { EngineFiles } from '../cache.js';
import { errors } from '../errors.js';
import { run, tail } from './command.js';

const SCRIPT = `
const engine = JSON.parse(process.argv[1]);
require(engine.loader).open({ environment: { TF_CPP_MIN_LOG_LEVEL: '3' }, libraries: [...engine.libraries, engine.kernels] });
const b = require(engine.binding);
const x = b.createTensor([1, 2], b.TF_FLOAT, Float32Array.of(3, 4));
const flag = (name, value) => ({ name, type: b.TF_ATTR_BOOL, value });
const type = { name: 'T', type: b.TF_ATTR_TYPE, value: b.TF_FLOAT };
const [y] = b.executeOp('MatMul', [flag('transpose_a', false), flag('transpose_b', true), type], [x, x], 1);
const attributes = [type, { name: 'epsilon', type: b.TF_ATTR_FLOAT, value: 0 }];
const w = b.createTensor([2], b.TF_FLOAT, Float32Array.of(1, 1));
if (!b.isUsingGpuDevice()) b.executeOp('PerfitRmsNorm', attributes, [x, w], 2);
console.log(b.TF_Version, b.isUsingGpuDevice(), b.tensorDataSync(y.id)[0]);
`;

/**
 * Loads an engine in a process of its own and lets it compute 3² + 4², so that a library that does not fit the machine
 * ends that process and not this one.
 *
 * @throws `tensorflow/load-failed`
 */
export async function verify(engine: EngineFiles): Promise<{ readonly version: string; readonly gpu: boolean }> {
  const { status, stdout, output } = await run(process.execPath, ['-e', SCRIPT, JSON.stringify(engine)]);
  const [version, gpu, result] = stdout.trim().split(' ');
  if (status !== 0 || result !== '25')
    throw errors.make('load-failed', {
      what: `the engine in ${engine.compiled} does not compute here (exit ${status}): ${tail(output) || 'no output'}`,
      cure: 'Install again (`perfit doctor --fix`), or use the WebAssembly engine',
    });
  return { version, gpu: gpu === 'true' };
}
