import type { Engine, Tensor } from '../contract.js';
import { broadcast, requireEqual, requireSameDtype } from '../shapes.js';
import type { Operations } from './operations.js';

type Elementwise = Pick<
  Engine,
  'add' | 'sub' | 'mul' | 'div' | 'neg' | 'square' | 'sqrt' | 'rsqrt' | 'abs' | 'sigmoid' | 'addN'
>;

/** Element-wise operations, which broadcast. */
export function elementwise(ops: Operations): Elementwise {
  const unary = (name: string) => (x: Tensor) => ops.run(name, [ops.type('T', x.dtype)], [x], x.shape, x.dtype);
  const binary = (name: string) => (a: Tensor, b: Tensor) => {
    requireSameDtype(name, [a, b]);
    return ops.run(name, [ops.type('T', a.dtype)], [a, b], broadcast(name, a.shape, b.shape), a.dtype);
  };
  return {
    add: binary('AddV2'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('RealDiv'),
    neg: unary('Neg'),
    square: unary('Square'),
    sqrt: unary('Sqrt'),
    rsqrt: unary('Rsqrt'),
    abs: unary('Abs'),
    sigmoid: unary('Sigmoid'),
    addN: (xs) => {
      requireEqual('addN', [Math.min(xs.length, 1)], [1]);
      requireSameDtype('addN', xs);
      for (const x of xs) requireEqual('addN', xs[0].shape, x.shape);
      const [{ shape, dtype }] = xs;
      return ops.run('AddN', [ops.integer('N', xs.length), ops.type('T', dtype)], xs, shape, dtype);
    },
  };
}
