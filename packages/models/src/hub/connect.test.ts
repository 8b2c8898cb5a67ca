import { HUB_URL } from '@huggingface/hub';
import { connect } from './connect.js';

const reference = { repository: 'a/b', revision: 'main', file: undefined };

test('without HF_ENDPOINT it is the hub that the library knows', async () => {
  for (const env of [{}, { HF_ENDPOINT: ' ' }]) expect((await connect(reference, env)).url).toBe(HUB_URL);
});

test('an endpoint keeps its path, without a slash at the end', async () => {
  const { url } = await connect(reference, { HF_ENDPOINT: 'https://mirror.invalid/of/the-hub//' });
  expect(url).toBe('https://mirror.invalid/of/the-hub');
});
