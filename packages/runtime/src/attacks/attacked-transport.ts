import { pack } from '@perfit/lora';
import type { Attack, RandomStreams, Transport } from '../contract.js';

/** A transport some of whose clients are malicious: they train as the others do, and send something else. */
export function attackedTransport(
  transport: Transport,
  attacks: ReadonlyMap<string, Attack>,
  streams: RandomStreams,
): Transport {
  if (attacks.size === 0) return transport;
  return {
    ...transport,
    train: async (client, job) => {
      const attack = attacks.get(client);
      if (!attack) return transport.train(client, job);
      const { values: received } = transport.personal(client);
      const trained = await transport.train(client, job);
      const { update } = trained;
      const values = attack.corrupt({
        values: update.values,
        received: pack(received, update.mask),
        random: streams.stream('attack', client, job.round),
      });
      return { ...trained, update: { ...update, values } };
    },
  };
}
