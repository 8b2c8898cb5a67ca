import type { Dataset, Row } from '../contract.js';
import { makeDataset } from '../make-dataset.js';
import { shuffled } from '../shuffle.js';
import { CLIENTS } from './clients.js';
import { answer, question, type Style, TOPICS } from './style.js';
import { type Good, goods, worldRandom } from './world.js';

/** Rows of one client: of known goods, of the new goods that it trades, of the new goods that only others trade. */
const SPLITS = {
  train: { known: 24, traded: 16, foreign: 0 },
  validation: { known: 6, traded: 0, foreign: 4 },
  test: { known: 12, traded: 0, foreign: 8 },
};

/**
 * Eight clients with 40 training, 10 validation and 20 test rows each, over 24 invented goods. Answers to one question
 * are true for everyone and conflict in form: wording and shelving rule are a group's, units, shelf names, order and
 * favourite topic a client's. A client trades half of the six new goods; its test rows ask for the other half, whose
 * facts only other clients' training rows tell. No question occurs twice in a client's rows.
 *
 * The same rows, and so the same sha256, everywhere.
 *
 * @example
 * embeddedDataset().train.filter(({ instruction }) => instruction === 'What colour is the tarn?');
 */
export function embeddedDataset(): Dataset {
  const splits = { train: [] as Row[], validation: [] as Row[], test: [] as Row[] };
  Object.entries(CLIENTS).forEach(([client, style], k) => {
    const random = worldRandom(100 + k);
    const pools = { known: [] as Row[], traded: [] as Row[], foreign: [] as Row[] };
    goods().forEach((good, i) => {
      const pool = !good.isNew ? 'known' : (i + k) % 2 === 0 ? 'traded' : 'foreign';
      pools[pool].push(...rowsOf(good, client, style));
    });
    const drawn = Object.entries(pools).map(([pool, rows]) => [
      pool,
      shuffled(rows.length, random).map((i) => rows[i]),
    ]);
    const left = Object.fromEntries(drawn) as typeof pools;
    for (const [split, counts] of Object.entries(SPLITS)) {
      const rows = Object.entries(counts).flatMap(([pool, n]) => left[pool as keyof typeof left].splice(0, n));
      splits[split as keyof typeof splits].push(...shuffled(rows.length, random).map((i) => rows[i]));
    }
  });
  return makeDataset('embedded', splits);
}

function rowsOf(good: Good, client: string, style: Style): Row[] {
  return TOPICS.map((topic) => ({
    instruction: question(topic, good),
    output: answer(topic, good, style),
    client,
    task: topic,
    category: good.isNew ? 'new' : 'known',
  }));
}
