/// <reference types="jest" />
import type { AdapterState } from '@perfit/lora';
import { adamwDefaults } from '../src/adamw.js';
import type { Session, SessionOptions, Trainer } from '../src/contract.js';
import { plainUpdate } from '../src/plain.js';
import { createTrainer } from '../src/trainer.js';
import { openGolden } from './open.js';

/** The golden model with a trainer, and a tenth of the golden adapter: losses and gradients of ordinary size. */
export interface GoldenAdapter {
  readonly golden: Awaited<ReturnType<typeof openGolden>>;
  readonly trainer: Trainer;
  readonly adapter: AdapterState;
  /** A session of the adapter (or what `options` say), on the trainer (or `from`). */
  readonly open: (options?: Partial<SessionOptions>, from?: Trainer) => Session;
}

/** Opens it before a file's tests; after them nothing may be left on the engine. */
export function useGoldenAdapter(): GoldenAdapter {
  const held: { golden?: GoldenAdapter['golden']; trainer?: Trainer; adapter?: AdapterState } = {};
  beforeAll(async () => {
    const golden = await openGolden();
    const { engine, backbone, adapter } = golden;
    held.golden = golden;
    held.trainer = createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale });
    held.adapter = { ...adapter, values: adapter.values.map((value) => value / 10) };
  });
  afterAll(() => {
    held.trainer!.dispose();
    held.golden!.backbone.dispose();
    expect(held.golden!.engine.live()).toBe(0);
  });
  return {
    get golden() {
      return held.golden!;
    },
    get trainer() {
      return held.trainer!;
    },
    get adapter() {
      return held.adapter!;
    },
    open: (options = {}, from = held.trainer!) =>
      from.open({ state: held.adapter!, localUpdate: plainUpdate(), optimizer: adamwDefaults, ...options }),
  };
}

/** Matches an error of this package. */
export const code = (name: string) => expect.objectContaining({ code: `training/${name}` });

/** Largest absolute difference, in units of the largest of `b`. */
export function apart(a: Float32Array, b: Float32Array): number {
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(a.map((value, p) => value - b[p]!)) / largest(b);
}
