import { embeddedDataset, encodeRow, evaluationBatches } from '@perfit/datasets';
import { createLayout, fullArchitecture, selectSites } from '@perfit/lora';
import { loadModel, randomStreams, readConfiguration, rowEncoding } from '@perfit/runtime';
import { createEngine } from '@perfit/tensorflow';
import { adamwDefaults, createTrainer, plainUpdate } from '@perfit/training';

export const SCALE = 2;

/** Opens `tiny` and the embedded clients; an experiment brings its own layout's rank. */
export async function openTiny({ rank, seed = 1 }) {
  const engine = await createEngine();
  const { backbone, checkpoint } = await loadModel(engine, 'tiny', 'f32');
  const encoding = rowEncoding(checkpoint, readConfiguration(null).maxTokens);
  const dataset = embeddedDataset();
  const layout = createLayout(selectSites(backbone.sites, ['q', 'k', 'v', 'o']), rank);
  const trainer = createTrainer({ engine, backbone, layout, scale: SCALE });
  const rowsOf = (rows, client) => rows.filter((row) => row.client === client).map((row) => encodeRow(row, encoding));
  const full = fullArchitecture(layout.size);
  return {
    layout,
    trainer,
    backbone,
    engine,
    full,
    streams: randomStreams(seed),
    clients: [...new Set(dataset.train.map(({ client }) => client))],
    train: (client) => rowsOf(dataset.train, client),
    test: (client) => rowsOf(dataset.test, client),
    open: (values, architecture = full) =>
      trainer.open({ state: { values, architecture }, localUpdate: plainUpdate(), optimizer: adamwDefaults }),
    /** Token-mean loss of values on examples, through an open session. */
    lossOf: (session, values, examples) => {
      session.write(values);
      let sum = 0;
      let tokens = 0;
      for (const { batch } of evaluationBatches(examples)) {
        const losses = session.losses(batch);
        sum += losses.reduce((a, b) => a + b, 0);
        tokens += losses.length;
      }
      return sum / tokens;
    },
    close: () => {
      trainer.dispose();
      backbone.dispose();
    },
  };
}

/** Options of the form `--steps 20`, numbers only, and `--json`. */
export function readOptions(defaults) {
  const options = { ...defaults, json: process.argv.includes('--json') };
  for (const name of Object.keys(defaults)) {
    const at = process.argv.indexOf(`--${name}`);
    if (at > 0) options[name] = Number(process.argv[at + 1]);
  }
  return options;
}

/** Prints rows of equal keys as a table, or everything as JSON. */
export function tell({ json }, result, rows) {
  if (json) console.log(JSON.stringify(result));
  else console.table(rows);
}
