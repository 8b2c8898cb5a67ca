import { alpacaPrompt } from '../prompts/alpaca.js';
import { CLIENTS } from './clients.js';
import { answer, question, type Style, TOPICS } from './style.js';
import { goods, worldRandom } from './world.js';

/** Rows about known goods. */
const ROWS = 4000;
/** Times that every name is said: often enough for a tokenizer to learn the new ones whole. */
const REPEATS = 4;

/**
 * Text to pretrain a model of the embedded world on: some four thousand short rows in `alpacaPrompt`'s layout, without
 * EOS. Questions about the known goods, each answered in a style that is drawn anew, part by part, so that no client
 * can be told; of new goods the names only. Every word of the data set occurs.
 *
 * The same rows everywhere.
 */
export function embeddedCorpus(): string[] {
  const random = worldRandom(1);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const styles = Object.values(CLIENTS);
  const known = goods().filter((good) => !good.isNew);
  const { format } = alpacaPrompt();
  const rows: string[] = [];
  for (let i = 0; i < ROWS; i++) {
    const style = Object.fromEntries(
      Object.keys(styles[0]).map((key) => [key, pick(styles)[key as keyof Style]]),
    ) as unknown as Style;
    const [topic, good] = [pick(TOPICS), pick(known)];
    const { prompt, response } = format({ instruction: question(topic, good), output: answer(topic, good, style) });
    rows.push(prompt + response);
  }
  const names = goods().flatMap(({ name }) => new Array<string>(REPEATS).fill(name));
  for (const name of names)
    for (const instruction of [`Say ${name}.`, `Say the ${name}.`, `Repeat the word ${name}.`]) {
      const { prompt, response } = format({ instruction, output: name });
      rows.push(prompt + response);
    }
  return rows;
}
