import type { Codec } from '@perfit/aggregation';
import type { Transport } from './contract.js';

/** A transport whose values are written by a codec on their way, up and down: what arrives is what it can hold of them. */
export function codedTransport(transport: Transport, codec: Codec): Transport {
  const through = (values: Float32Array) => codec.decode(codec.encode(values), values.length);
  const vectorsThrough = (vectors: Readonly<Record<string, Float32Array>> | undefined) =>
    vectors && {
      vectors: Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, through(vector)])),
    };
  return {
    ...transport,
    train: async (client, job) => {
      const trained = await transport.train(client, job);
      const { update } = trained;
      return { ...trained, update: { ...update, values: through(update.values), ...vectorsThrough(update.vectors) } };
    },
    deliver: (client, round, download, prior) => {
      const arrived = { ...download, values: through(download.values), ...vectorsThrough(download.vectors) };
      return transport.deliver(client, round, arrived, prior);
    },
  };
}
