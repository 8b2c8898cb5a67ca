import type { Architecture, Layout } from '@perfit/lora';
import type { Update } from './contract.js';
import { errors } from './errors.js';
import { allFinite, countOnes } from './scratch.js';

const CURE = 'Upload again from the same layout, or leave this client out';

/**
 * Checks what came from a client before anything of it is used: sizes, live counts, the mask inside the architecture,
 * finite values, a whole positive number of examples; and every further vector that comes along or is due.
 *
 * @param vectors names of the vectors that the aggregator demands.
 * @param finite whether all of an update's values are; for whoever takes them as it looks, as `MaskedSum.stage` does.
 * @throws `aggregation/bad-client`, `update-size`, `mask-outside`, `not-finite`, `bad-vector`, `bad-examples`; all name
 * the client.
 */
export function checkUpdate(
  layout: Layout,
  update: Update,
  vectors: readonly string[] = [],
  finite: (values: Float32Array) => boolean = allFinite,
): void {
  const { client, mask, architecture, values, examples } = update;
  if (typeof client !== 'string' || client === '')
    throw errors.make('bad-client', { what: `an update of client ${JSON.stringify(client)}`, cure: 'Name the client' });
  checkMasks(layout, client, mask, architecture);
  if (values.length !== mask.live)
    throw errors.make('update-size', {
      what: `client ${client} sent ${values.length} values for a mask of ${mask.live} positions`,
      cure: CURE,
    });
  if (!finite(values)) throw notFinite(client, 'values', values);
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
    if (!allFinite(vector)) throw notFinite(client, name, vector);
  }
  if (!Number.isSafeInteger(examples) || examples < 1)
    throw errors.make('bad-examples', {
      what: `client ${client} trained on ${examples} examples`,
      cure: 'Send the number of training examples, from 1 up',
    });
}

function checkMasks(layout: Layout, client: string, mask: Architecture, architecture: Architecture): void {
  const wrong = (what: string) => errors.make('update-size', { what: `client ${client}: ${what}`, cure: CURE });
  for (const [name, { size, bits }] of Object.entries({ mask, architecture })) {
    if (size !== layout.size || bits.length !== Math.ceil(layout.size / 8))
      throw wrong(`${name} of ${size} positions in ${bits.length} bytes, the layout has ${layout.size}`);
    if (size % 8 !== 0 && bits[bits.length - 1] >> (size % 8))
      throw wrong(`${name} has ones past its ${size} positions`);
  }
  const { ones, others, inside } = countOnes(mask.bits, architecture.bits);
  if (!inside) {
    const first = mask.bits.findIndex((byte, i) => (byte & ~architecture.bits[i]) !== 0) * 8;
    throw errors.make('mask-outside', {
      what: `client ${client} sent positions outside of its architecture, the first in ${first} … ${first + 7}`,
      cure: CURE,
    });
  }
  if (ones !== mask.live) throw wrong(`mask says ${mask.live} live positions and has ${ones}`);
  if (others !== architecture.live)
    throw wrong(`architecture says ${architecture.live} live positions and has ${others}`);
}

function notFinite(client: string, name: string, values: Float32Array): Error {
  const first = values.findIndex((value) => !Number.isFinite(value));
  return errors.make('not-finite', {
    what: `client ${client} sent ${values[first]} among its ${name}, at ${first} of ${values.length}`,
    cure: 'Lower its learning rate, or leave it out of the round',
  });
}
