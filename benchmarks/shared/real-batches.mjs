import { randomStreams } from '@perfit/runtime';
import { clientsOf, drawBatches } from './rows.mjs';

/**
 * Training batches of a data set's clients in turn, drawn as the runtime draws them: `[steps][batch]` examples.
 *
 * @param options `{ data, model, tokens, batch, steps }`, `tokens` the longest example.
 */
export async function realBatches({ data, model, tokens, batch, steps }) {
  const clients = await clientsOf({ data, model, maxTokens: tokens });
  const perClient = Math.ceil(steps / clients.length);
  const drawn = clients.map(({ id, train }) =>
    drawBatches({
      examples: train,
      batchSize: batch,
      random: randomStreams(1).stream('batches', id, 1),
      count: perClient,
    }),
  );
  return Array.from({ length: steps }, (_, step) => drawn[step % clients.length][Math.floor(step / clients.length)]);
}
