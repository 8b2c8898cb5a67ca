import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { architectureFromBytes, fullArchitecture } from '../architecture.js';
import type { Architecture, Layout } from '../contract.js';
import { errors } from '../errors.js';

const descriptionSchema = z.looseObject({
  order: z.array(z.string()),
  P: z.number().int().nonnegative(),
  K: z.number().int().nonnegative(),
  sha256: z.string(),
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * `mask.bin`, the bits of an architecture, least significant first, tensors in sorted order of their names, row-major;
 * and `mask.json`, which says so: `{ order, P, K, sha256 }`.
 */
export function formatMask(
  layout: Layout,
  { bits, live }: Architecture,
): { readonly bin: Uint8Array; readonly json: string } {
  const description = { order: layout.slots.map(({ name }) => name), P: layout.size, K: live, sha256: sha256(bits) };
  return { bin: bits, json: `${JSON.stringify(description, null, 2)}\n` };
}

function parseDescription(path: string) {
  try {
    return descriptionSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw errors.make('bad-mask', {
      what: `${path} does not describe a mask: it needs order, P, K and sha256`,
      cure: 'Write the adapter again, or remove mask.bin and mask.json for a full mask',
      cause,
    });
  }
}

/**
 * Reads `mask.bin` and checks it against `mask.json` and the layout; every position is live where both are missing.
 *
 * @throws `bad-mask`
 */
export function readMask(directory: string, layout: Layout): Architecture {
  const [bin, json] = ['mask.bin', 'mask.json'].map((name) => join(directory, name));
  if (!existsSync(bin) && !existsSync(json)) return fullArchitecture(layout.size);
  const refuse = (what: string) =>
    errors.make('bad-mask', {
      what,
      cure: 'Copy adapter_model.safetensors, mask.bin and mask.json together; without both mask files the mask is full',
    });
  for (const path of [bin, json]) if (!existsSync(path)) throw refuse(`${path} is missing beside its other half`);
  const { order, P, K, sha256: digest } = parseDescription(json);
  const bytes = readFileSync(bin);
  const names = layout.slots.map(({ name }) => name);
  const different = names.findIndex((name, i) => name !== order[i]);
  if (order.length !== names.length || different >= 0)
    throw refuse(
      `${json} orders ${order.length} tensors, the adapter has ${names.length} in sorted order` +
        (different >= 0 ? `, and they part at "${order[different]}" for "${names[different]}"` : ''),
    );
  if (P !== layout.size) throw refuse(`${json} has P = ${P}, the adapter has ${layout.size} positions`);
  if (sha256(bytes) !== digest.toLowerCase())
    throw refuse(`the sha256 of ${bin} is ${sha256(bytes)}, ${json} has ${digest}`);
  const architecture = architectureFromBytes(P, bytes);
  if (architecture.live !== K) throw refuse(`${bin} has ${architecture.live} ones, ${json} has K = ${K}`);
  return architecture;
}
