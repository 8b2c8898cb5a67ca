import { embeddedDataset, encodeRow, field, heldOutRows, loadDataset, trainingBatches } from '@perfit/datasets';
import { openCheckpoint } from '@perfit/models';
import { rowEncoding } from '@perfit/runtime';

/**
 * A data set's clients as the runtime deals them out, one for every value of `client`: `[{ id, train, test, rows }]`, in
 * tokens; `rows` are the test rows as text.
 */
export async function clientsOf({ data, model, maxTokens, clients, trainRows, testRows }) {
  const dataset = data === 'embedded' ? embeddedDataset() : loadDataset(data);
  const checkpoint = await openCheckpoint(model);
  checkpoint.weights.close();
  const encoding = rowEncoding(checkpoint, maxTokens);
  const partition = field({ field: 'client' }).partition(dataset.train, () => 0);
  const heldOut = heldOutRows({ rows: dataset.train, partition, heldOut: dataset.test });
  const encode = (rows) => rows.map((row) => encodeRow(row, encoding));
  return [...partition.clients].slice(0, clients).map(([id, indices]) => {
    const rows = heldOut
      .get(id)
      .slice(0, testRows)
      .map((index) => dataset.test[index]);
    return {
      id,
      train: encode(indices.slice(0, trainRows).map((index) => dataset.train[index])),
      test: encode(rows),
      rows,
    };
  });
}

/**
 * The examples of the first `count` training batches that `trainingBatches` draws. It is given stand-ins of the same
 * lengths whose every token is the index of the example, so that a batch's labels name what it drew.
 */
export function drawBatches({ examples, batchSize, random, count }) {
  const standIns = examples.map(({ ids, promptLength }, index) => ({
    ids: new Int32Array(ids.length).fill(index),
    promptLength,
  }));
  const batches = trainingBatches({ examples: standIns, batchSize, random });
  return Array.from({ length: count }, () => {
    const { labels, lossExamples } = batches.next().value;
    const firsts = labels.filter((_, m) => m === 0 || lossExamples[m] !== lossExamples[m - 1]);
    return Array.from(firsts, (index) => examples[index]);
  });
}
