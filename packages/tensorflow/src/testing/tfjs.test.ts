import { createEngine } from '../create-engine.js';
import { describeNative } from '../testing.js';
import { loadTfjs } from './tfjs.js';

describeNative('tfjs on the installed engine', () => {
  test('its gradient of cross-entropy is the engine’s', async () => {
    const tf = loadTfjs();
    expect(tf.getBackend()).toBe('tensorflow');
    const logits = Float32Array.of(1, -2, 0.5, 3, 0, 1);
    const [gradient] = tf.tidy(() => [
      tf
        .grad((x) => tf.losses.softmaxCrossEntropy(tf.oneHot([2, 0], 3), x, undefined, undefined, tf.Reduction.SUM))(
          tf.tensor2d(logits, [2, 3]),
        )
        .dataSync(),
    ]) as unknown as [Float32Array];

    const engine = await createEngine({ prefer: 'native' });
    const [x, labels] = [engine.upload(logits, [2, 3]), engine.upload(Int32Array.of(2, 0), [2])];
    const ours = engine.crossEntropy(x, labels);
    const values = engine.download(ours.gradient);
    values.forEach((value, index) => {
      expect(value).toBeCloseTo(gradient[index], 6);
    });
    engine.dispose(x, labels, ours.losses, ours.gradient);
  });
});
