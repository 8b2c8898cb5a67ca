import type { Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** What SwiGLU's backward needs: its inputs. */
export interface SwigluSaved {
  readonly gate: Tensor;
  readonly up: Tensor;
}

/** a = silu(gate) ∘ up, silu(g) = g σ(g) (Shazeer 2020). Borrows its inputs. */
export function swiglu(e: ScopedEngine, { gate, up }: SwigluSaved): Tensor {
  return e.tidy(() => e.mul(e.mul(gate, e.sigmoid(gate)), up));
}

/**
 * da → the gradients of gate and up, and a again, for whoever needs the input of the next projection.
 * silu′(g) = σ + s − s σ with s = silu(g), so that it costs no product more. Borrows everything.
 */
export function swigluBackward(
  e: ScopedEngine,
  { gate, up }: SwigluSaved,
  da: Tensor,
): { readonly dGate: Tensor; readonly dUp: Tensor } {
  return e.tidy(() => {
    const sigma = e.sigmoid(gate);
    const silu = e.mul(gate, sigma);
    const slope = e.sub(e.add(sigma, silu), e.mul(silu, sigma));
    return { dGate: e.mul(e.mul(da, up), slope), dUp: e.mul(da, silu) };
  });
}
