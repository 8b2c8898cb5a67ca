// The ladder as tables: perplexities, and what they cost.
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';
import { ratio } from '../report.mjs';

const AVERAGES = ['clientMean', 'expMeanLoss', 'tokenWeighted'];
const MOMENTS = ['afterDistribution', 'afterLocal'];
/** Method's moment, baseline and its moment. */
const PAIRS = [
  ['afterDistribution', 'fedit', 'afterDistribution'],
  ['afterDistribution', 'local-only', 'afterDistribution'],
  ['afterLocal', 'fedit-local', 'afterLocal'],
  ['afterLocal', 'local-only', 'afterLocal'],
];

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const spread = (values, digits = 4) => {
  if (values.some((value) => value === null || value === undefined)) return '–';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const center = mean(values).toPrecision(digits);
  return values.length < 2 ? center : `${center} (${low.toPrecision(digits)}–${high.toPrecision(digits)})`;
};
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** Methods with their rates and cells, of every one whose seeds are all there. */
export function ladderTables(ladder) {
  const pooled = poolSeeds(
    Object.fromEntries(ladder.map(({ name, cells }) => [name, cells.map(({ seed, clients }) => ({ seed, clients }))])),
  );
  const random = randomStreams(1).stream('bootstrap');
  const names = new Set(ladder.map(({ name }) => name));
  const pairs = Object.fromEntries(
    ladder.map(({ name }) => [
      name,
      PAIRS.map(([moment, baseline, theirs]) =>
        name !== baseline && names.has(baseline)
          ? pairedDifference(pooled, [name, moment], [baseline, theirs], random)
          : null,
      ),
    ]),
  );
  const perplexities = table(
    [
      'method',
      'learning rate',
      ...MOMENTS.flatMap((moment) =>
        ['client mean', 'exp of mean loss', 'by tokens'].map(
          (name) => `${moment === 'afterLocal' ? 'local steps' : 'distribution'}: ${name}`,
        ),
      ),
      'label accuracy',
    ],
    ladder.map(({ name, rate, cells }) => {
      const right = cells.flatMap(({ accuracy }) => Object.values(accuracy ?? {}).filter((value) => value !== null));
      return [
        name,
        rate,
        ...MOMENTS.flatMap((moment) =>
          AVERAGES.map((average) => spread(cells.map(({ averages }) => averages.personal[moment][average]))),
        ),
        right.length > 0 ? mean(right).toFixed(3) : '–',
      ];
    }),
  );
  const costs = table(
    [
      'method',
      'to FedIT, distribution',
      'to local-only, distribution',
      'to FedIT + local, local steps',
      'to local-only, local steps',
      'MB up',
      'MB down',
      'TFLOP',
      'seconds',
    ],
    ladder.map(({ name, cells }) => [
      name,
      ...pairs[name].map(ratio),
      ...[
        ['bytesUp', 1e6],
        ['bytesDown', 1e6],
        ['flops', 1e12],
      ].map(([figure, unit]) => (mean(cells.map((cell) => cell[figure])) / unit).toPrecision(3)),
      middle(cells.map(({ seconds }) => seconds)).toPrecision(3),
    ]),
  );
  return { perplexities, costs, pairs };
}
