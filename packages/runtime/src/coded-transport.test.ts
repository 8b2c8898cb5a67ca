import { bf16, type Download } from '@perfit/aggregation';
import { fullArchitecture } from '@perfit/lora';
import { codedTransport } from './coded-transport.js';
import type { Trained, TrainingJob, Transport } from './contract.js';

test('values and vectors arrive as the codec can hold them, up and down', async () => {
  const mask = fullArchitecture(2);
  const fine = Float32Array.of(1 + 2 ** -20, 0);
  const trained = { update: { client: 'a', mask, values: fine, vectors: { control: fine } } } as unknown as Trained;
  let delivered: Download | undefined;
  const inner = {
    train: async () => trained,
    deliver: async (_: string, __: number, download: Download) => {
      delivered = download;
    },
  } as unknown as Transport;
  const coded = codedTransport(inner, bf16());
  const { update } = await coded.train('a', {} as TrainingJob);
  expect([[...update.values], [...update.vectors!.control!]]).toEqual([
    [1, 0],
    [1, 0],
  ]);
  await coded.deliver('a', 1, { mask, values: fine });
  expect(delivered).toEqual({ mask, values: Float32Array.of(1, 0) });
});
