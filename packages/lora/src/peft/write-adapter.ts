import { join } from 'node:path';
import { encodeTensors, fromFloat32, writeTogether } from '@perfit/safetensors';
import { formatConfig } from './config.js';
import { formatMask } from './mask-files.js';
import { checkValues, type SavedAdapter } from './saved-adapter.js';

/**
 * Writes an adapter as PEFT reads it (`adapter_model.safetensors`, `adapter_config.json`) with its architecture
 * (`mask.bin`, `mask.json`). All four are staged before the first replaces an old one.
 *
 * @throws `not-finite`, `outside-mask`, `size-mismatch`; `safetensors/unwritable`
 * @example
 * writeAdapter('clients/a', { layout, values, architecture, scale: 2, baseModel: 'HuggingFaceTB/SmolLM2-135M' });
 */
export function writeAdapter(directory: string, adapter: SavedAdapter): void {
  const { layout, values, architecture, scale, baseModel } = adapter;
  checkValues(directory, adapter);
  const tensors = layout.slots.map(({ name, offset, size, rows, columns }) =>
    fromFloat32(name, values.subarray(offset, offset + size), [rows, columns]),
  );
  const mask = formatMask(layout, architecture);
  writeTogether([
    { path: join(directory, 'mask.bin'), content: mask.bin },
    { path: join(directory, 'mask.json'), content: mask.json },
    { path: join(directory, 'adapter_config.json'), content: formatConfig(layout, scale, baseModel) },
    { path: join(directory, 'adapter_model.safetensors'), content: encodeTensors(tensors) },
  ]);
}
