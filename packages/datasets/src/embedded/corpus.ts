import { alpacaPrompt } from '../prompts/alpaca.js';
import { CLIENTS } from './clients.js';
import { answer, question, type Style, TOPICS } from './style.js';
import { goods, worldRandom } from './world.js';

const ROWS = 4000;

/** The pretraining text of the embedded world. */
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
  for (const good of goods())
    for (const instruction of [`Say ${good.name}.`, `Say the ${good.name}.`, `Repeat the word ${good.name}.`]) {
      const { prompt, response } = format({ instruction, output: good.name });
      rows.push(prompt + response);
    }
  return rows;
}
