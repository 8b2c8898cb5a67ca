import type { Architecture, Layout } from '@perfit/lora';
import type { Update } from './contract.js';
import { errors } from './errors.js';

const CURE = 'Upload again from the same layout, or leave this client out';

/**
 * Checks what came from a client before anything of it is used: sizes, live counts, the mask inside the architecture,
 * finite values, a whole positive number of examples; and every further vector that comes along or is due.
 *
 * @param vectors names of the vectors that the aggregator demands.
 * @throws `aggregation/bad-client`, `update-size`, `mask-outside`, `not-finite`, `bad-vector`, `bad-examples`; all name
 * the client.
 */
export function checkUpdate(layout: Layout, update: Update, vectors: readonly string[] = []): void {
  const { client, mask, architecture, values, examples } = update;
  if (typeof client !== 'string' || client === '')
    throw errors.make('bad-client', { what: `an update of client ${JSON.stringify(client)}`, cure: 'Name the client' });
  checkMask(layout, client, 'mask', mask);
  checkMask(layout, client, 'architecture', architecture);
  for (let byte = 0; byte < mask.bits.length; byte++)
    if (mask.bits[byte] & ~architecture.bits[byte]) {
      const what = `client ${client} sent positions outside of its architecture, the first in ${byte * 8} … ${byte * 8 + 7}`;
      throw errors.make('mask-outside', { what, cure: CURE });
    }
  if (values.length !== mask.live)
    throw errors.make('update-size', {
      what: `client ${client} sent ${values.length} values for a mask of ${mask.live} positions`,
      cure: CURE,
    });
  checkFinite(client, 'values', values);
  for (const name of vectors)
    if (!update.vectors?.[name])
      throw errors.make('bad-vector', {
        what: `client ${client} sent no vector "${name}"`,
        cure: 'Pair the aggregator with the local update rule that sends it',
      });
  for (const [name, vector] of Object.entries(update.vectors ?? {})) {
    if (vector.length !== mask.live)
      throw errors.make('bad-vector', {
        what: `client ${client} sent ${vector.length} numbers of "${name}" for a mask of ${mask.live} positions`,
        cure: CURE,
      });
    checkFinite(client, name, vector);
  }
  if (!Number.isSafeInteger(examples) || examples < 1)
    throw errors.make('bad-examples', {
      what: `client ${client} trained on ${examples} examples`,
      cure: 'Send the number of training examples, from 1 up',
    });
}

function checkMask(layout: Layout, client: string, name: string, { size, live, bits }: Architecture): void {
  const wrong = (what: string) => errors.make('update-size', { what: `client ${client}: ${name} ${what}`, cure: CURE });
  if (size !== layout.size || bits.length !== Math.ceil(layout.size / 8))
    throw wrong(`of ${size} positions in ${bits.length} bytes, the layout has ${layout.size}`);
  if (size % 8 !== 0 && bits[bits.length - 1] >> (size % 8)) throw wrong(`has ones past its ${size} positions`);
  let ones = 0;
  for (let byte = 0; byte < bits.length; byte++) {
    let x = bits[byte];
    x -= (x >> 1) & 0x55;
    x = (x & 0x33) + ((x >> 2) & 0x33);
    ones += (x + (x >> 4)) & 0x0f;
  }
  if (ones !== live) throw wrong(`says ${live} live positions and has ${ones}`);
}

function checkFinite(client: string, name: string, values: Float32Array): void {
  // v · 0 is 0 for finite v and NaN for any other: one sum decides, no branch per value.
  let probe = 0;
  for (let i = 0; i < values.length; i++) probe += values[i] * 0;
  if (probe === 0) return;
  const first = values.findIndex((value) => !Number.isFinite(value));
  throw errors.make('not-finite', {
    what: `client ${client} sent ${values[first]} among its ${name}, at ${first} of ${values.length}`,
    cure: 'Lower its learning rate, or leave it out of the round',
  });
}
