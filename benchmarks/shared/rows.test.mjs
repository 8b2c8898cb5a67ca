import { makeBatch, trainingBatches } from '@perfit/datasets';
import { randomStreams } from '@perfit/runtime';
import { drawExamples, drawMask, drawValues } from './drawn-updates.mjs';
import { drawBatches } from './rows.mjs';

describe('drawBatches', () => {
  const examples = Array.from({ length: 11 }, (_, i) => ({
    ids: Int32Array.from({ length: 3 + ((i * 5) % 7) }, (_, t) => 100 * i + t),
    promptLength: 1 + (i % 2),
  }));
  const random = () => randomStreams(3).stream('batches', 'a', 2);

  it('names the examples that trainingBatches draws, in the order of the batch', () => {
    const drawn = drawBatches({ examples, batchSize: 4, random: random(), count: 7 });
    const batches = trainingBatches({ examples, batchSize: 4, random: random() });
    expect(drawn).toHaveLength(7);
    for (const chosen of drawn) expect(makeBatch(chosen)).toEqual(batches.next().value);
  });

  it('repeats examples where there are fewer than a batch', () => {
    const [batch] = drawBatches({ examples: examples.slice(0, 2), batchSize: 5, random: random(), count: 1 });
    expect(batch).toHaveLength(5);
  });
});

describe('drawn updates', () => {
  it('are what NumPy draws: the first mask bytes and values of client 3', () => {
    // python/masked_mean.py: mask_of(3)[0][:4], and values of client 3.
    expect([...drawMask(3, 1000).subarray(0, 4)]).toEqual([46, 164, 133, 80]);
    expect([...drawValues(3, new Float32Array(3))]).toEqual([
      0.4997439384460449, -0.48935651779174805, 0.3661373257637024,
    ]);
  });

  it('have about half of their positions live, none past the end', () => {
    const bits = drawMask(5, 100_003);
    expect(bits).toHaveLength(12_501);
    const live = bits.reduce((count, byte) => count + byte.toString(2).replaceAll('0', '').length, 0);
    expect(live / 100_003).toBeGreaterThan(0.49);
    expect(live / 100_003).toBeLessThan(0.51);
    expect(bits.at(-1) >> 3).toBe(0);
  });

  it('differ from client to client', () => {
    expect(drawMask(1, 64)).not.toEqual(drawMask(2, 64));
    expect([0, 6, 7].map(drawExamples)).toEqual([1, 7, 1]);
  });
});
