import type { Layout } from '@perfit/lora';
import type { Importance, Statistics } from '@perfit/nas';
import { openExpected, openGolden } from '../goldens/open.js';
import type { Trainer } from './contract.js';
import { plainUpdate } from './plain.js';
import { scoreRows } from './score-rows.js';
import { createTrainer } from './trainer.js';

/** Law 8: max |a − b| ≤ 1e-4 · max |b| in every tensor. */
function expectParity(layout: Layout, got: Float32Array, want: Float32Array, tolerance = 1e-4): void {
  for (const { name, offset, size } of layout.slots) {
    let most = 0;
    let apart = 0;
    for (let p = offset; p < offset + size; p++) {
      most = Math.max(most, Math.abs(want[p]!));
      apart = Math.max(apart, Math.abs(got[p]! - want[p]!));
    }
    expect({ name, apart: apart / most, close: apart <= tolerance * most }).toMatchObject({ name, close: true });
  }
}

/** Share of the K best positions that two rankings have in common. */
function overlap(got: Float32Array, want: Float32Array, K: number): number {
  const top = (scores: Float32Array) =>
    new Set([...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, K));
  const other = top(want);
  return [...top(got)].filter((p) => other.has(p)).length / K;
}

/** The three Taylor scores, written down once more for this test: `@perfit/nas` has its own. */
const formulas: Readonly<Record<string, (w: number, g: number, F: number) => number>> = {
  first: (w, g) => Math.abs(w * g),
  second: (w, _, F) => Math.abs(w * F * w),
  mixed: (w, g, F) => Math.abs(w * g - 0.5 * w * F * w),
};
const importance = (name: string): Importance => ({
  name,
  needs: ['gradient', 'fisher'],
  score: ({ statistics: { values, gradient, fisher } }) =>
    values.map((w, p) => formulas[name]!(w, gradient[p]!, fisher![p]!)),
});

describe.each(['native', 'wasm'] as const)('%s', (prefer) => {
  let golden: Awaited<ReturnType<typeof openGolden>>;
  let expected: ReturnType<typeof openExpected>;
  let trainer: Trainer;
  beforeAll(async () => {
    golden = await openGolden(prefer);
    expected = openExpected();
    const { engine, backbone, adapter } = golden;
    trainer = createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale });
  });
  afterAll(() => {
    expected.close();
    trainer.dispose();
    golden.backbone.dispose();
    expect(golden.engine.live()).toBe(0);
  });

  test('the losses and the logits of an adapter that PEFT saved are those of PEFT', () => {
    const { engine, backbone, adapter, batch } = golden;
    const session = trainer.open({ state: adapter, localUpdate: plainUpdate(), optimizer: golden.numbers.adamw });
    const losses = session.losses(batch);
    const want = expected.read('losses');
    const most = Math.max(...want);
    losses.forEach((loss, m) => {
      expect(Math.abs(loss - want[m]!)).toBeLessThan(1e-5 * most);
    });
    session.dispose();

    const { projector, dispose } = trainer.project(adapter);
    const last = batch.starts.slice(1).map((end) => end - 1);
    const tensor = backbone.logits(batch, last, projector);
    const logits = engine.download(tensor);
    const wantLogits = expected.read('logits');
    const largest = Math.max(...wantLogits.map(Math.abs));
    logits.forEach((logit, i) => {
      expect(Math.abs(logit - wantLogits[i]!)).toBeLessThan(1e-5 * largest);
    });
    engine.dispose(tensor);
    dispose();
  });

  test('g, F and the scores are those of PyTorch (law 8)', () => {
    const { adapter, batch, numbers } = golden;
    const { layout } = adapter;
    const statistics: Statistics = trainer.statistics(adapter, [batch], ['gradient', 'fisher']);
    expectParity(layout, statistics.gradient, expected.flat('gradient', layout));
    expectParity(layout, statistics.fisher!, expected.flat('fisher', layout));
    expect(numbers.firstMixedDiffer).toBeGreaterThan(0.5);
    for (const name of Object.keys(formulas)) {
      const scores = scoreRows({
        trainer,
        state: adapter,
        batches: [batch],
        importance: importance(name),
        random: () => 0,
      });
      const want = expected.flat(name, layout);
      expectParity(layout, scores, want);
      expect(overlap(scores, want, layout.size / 2)).toBeGreaterThanOrEqual(0.999);
    }
  });

  test('five clipped AdamW steps are those of PyTorch', () => {
    const { adapter, batch, numbers } = golden;
    const { layout } = adapter;
    const session = trainer.open({ state: adapter, localUpdate: plainUpdate(), optimizer: numbers.adamw });
    numbers.stepLosses.forEach((want, step) => {
      expect(Math.abs(session.step(batch, numbers.adamw.learningRate) / want - 1)).toBeLessThan(1e-5);
      const { A, B } = session.gradientNorms();
      expect(Math.abs(Math.hypot(A, B) / numbers.stepNorms[step]! - 1)).toBeLessThan(1e-4);
    });
    expectParity(layout, session.values(), expected.flat('final', layout));
    session.dispose();
  });
});
