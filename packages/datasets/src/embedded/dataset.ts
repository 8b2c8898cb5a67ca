import type { Dataset, Row } from '../contract.js';
import { makeDataset } from '../make-dataset.js';
import { shuffled } from '../shuffle.js';
import { CLIENTS } from './clients.js';
import { answer, question, type Style, TOPICS } from './style.js';
import { goods, worldRandom } from './world.js';

const TRAIN = 40;
const VALIDATION = 10;
const TEST = 20;

/**
 * The embedded data set.
 */
export function embeddedDataset(): Dataset {
  const splits = { train: [] as Row[], validation: [] as Row[], test: [] as Row[] };
  Object.entries(CLIENTS).forEach(([client, style], k) => {
    const rows = rowsOf(client, style, k);
    splits.train.push(...rows.slice(0, TRAIN));
    splits.validation.push(...rows.slice(TRAIN, TRAIN + VALIDATION));
    splits.test.push(...rows.slice(TRAIN + VALIDATION, TRAIN + VALIDATION + TEST));
  });
  return makeDataset('embedded', splits);
}

function rowsOf(client: string, style: Style, k: number): Row[] {
  const all = goods().flatMap((good) => TOPICS.map((topic) => ({ good, topic })));
  return shuffled(all.length, worldRandom(100 + k)).map((i) => {
    const { good, topic } = all[i];
    return {
      instruction: question(topic, good),
      output: answer(topic, good, style),
      client,
      task: topic,
      category: good.isNew ? 'new' : 'known',
    };
  });
}
