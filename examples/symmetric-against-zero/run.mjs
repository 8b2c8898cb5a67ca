// Why LoRA's own start cannot be searched: at step 0 its B is 0, so A has no gradient and every Taylor score is 0. The
// symmetric start has neither flaw, and still leaves the frozen model's function untouched.
//   node examples/symmetric-against-zero/run.mjs [--rank 16] [--seed 1] [--json]
import { evaluationBatches } from '@perfit/datasets';
import { gaussian, symmetric, zero } from '@perfit/lora';
import { first, mixed, second } from '@perfit/nas';
import { openTiny, readOptions, SCALE, tell } from '../open-tiny.mjs';

const options = readOptions({ rank: 16, seed: 1 });
const { layout, trainer, full, streams, clients, train, open, lossOf, close } = await openTiny(options);
const [client] = clients;
const rows = train(client);
const batches = [...evaluationBatches(rows)].map(({ batch }) => batch);
const slotsOf = (factor) => layout.slots.filter((slot) => slot.factor === factor);
const norm = (flat, slots) =>
  Math.sqrt(
    slots.reduce(
      (sum, { offset, size }) => sum + flat.subarray(offset, offset + size).reduce((s, v) => s + v * v, 0),
      0,
    ),
  );
const zeroShare = (flat, slots) => {
  const zeros = slots.reduce(
    (sum, { offset, size }) => sum + flat.subarray(offset, offset + size).filter((v) => v === 0).length,
    0,
  );
  return zeros / slots.reduce((sum, { size }) => sum + size, 0);
};
const layers = [...new Set(layout.sites.map(({ layer }) => layer))].sort((a, b) => a - b);

const frozen = open(new Float32Array(layout.size));
const frozenLoss = lossOf(frozen, new Float32Array(layout.size), rows);
const starts = [symmetric(), zero(), gaussian()].map((initialization) => {
  const { values } = initialization.initialize({
    layout,
    random: streams.stream('start'),
    scale: SCALE,
    frozen: () => new Float32Array(),
  });
  const statistics = trainer.statistics({ values, architecture: full }, batches, ['gradient', 'fisher']);
  const scores = [first(), second(), mixed()].map((importance) => {
    const flat = importance.score({ layout, statistics, random: streams.stream('scores') });
    return {
      importance: importance.name,
      zeroShare: { A: zeroShare(flat, slotsOf('A')), B: zeroShare(flat, slotsOf('B')) },
      layers: layers.map((layer) =>
        zeroShare(
          flat,
          layout.slots.filter(({ site }) => site.layer === layer),
        ),
      ),
    };
  });
  return {
    start: initialization.name,
    lossDifference: lossOf(frozen, values, rows) - frozenLoss,
    gradientNorm: { A: norm(statistics.gradient, slotsOf('A')), B: norm(statistics.gradient, slotsOf('B')) },
    scores,
  };
});
frozen.dispose();
close();
tell(
  options,
  { client, frozenLoss, starts },
  starts.flatMap(({ start, lossDifference, gradientNorm, scores }) =>
    scores.map(({ importance, zeroShare: share, layers: byLayer }) => ({
      start,
      'loss − frozen': lossDifference.toExponential(1),
      '‖∂A‖': gradientNorm.A.toExponential(2),
      '‖∂B‖': gradientNorm.B.toExponential(2),
      importance,
      'zero scores in A': share.A.toFixed(3),
      'in B': share.B.toFixed(3),
      'by layer': byLayer.map((value) => value.toFixed(2)).join(' '),
    })),
  ),
);
