import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorFile } from '@perfit/safetensors';
import { openTensors, toFloat32 } from '@perfit/safetensors';
import { z } from 'zod';
import type { ModelConfig, WeightSource } from '../contract.js';
import { errors } from '../errors.js';
import { checkWeights, expectedWeights } from './expected-weights.js';
import { checkFinite } from './finite.js';
import { readJson } from './model-file.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * The shards that a directory's index names, each a file of the directory itself.
 *
 * @throws `missing-file`, `bad-json`, `bad-config`
 */
export function shardNames(directory: string): readonly string[] {
  const index = indexSchema.safeParse(readJson(directory, INDEX));
  if (!index.success)
    throw errors.make('bad-config', { what: `${INDEX} in ${directory} has no weight_map`, cure: 'Get the file again' });
  const shards = [...new Set(Object.values(index.data.weight_map))].sort();
  for (const shard of shards)
    if (!/^\w[\w.-]*\.safetensors$/.test(shard))
      throw errors.make('bad-config', {
        what: `${INDEX} in ${directory} names ${JSON.stringify(shard)} as a shard`,
        cure: 'Shards are .safetensors files beside the index: get the file again',
      });
  return shards;
}

/** The files that hold a directory's weights: one, or the shards that the index names. */
export function weightFiles(directory: string): readonly string[] {
  if (existsSync(join(directory, SINGLE))) return [join(directory, SINGLE)];
  if (!existsSync(join(directory, INDEX)))
    throw errors.make('missing-file', {
      what: `${directory} has neither ${SINGLE} nor ${INDEX}`,
      cure: 'Put the weights there; .bin files must be converted to safetensors first',
    });
  const shards = shardNames(directory);
  for (const shard of shards)
    if (!existsSync(join(directory, shard)))
      throw errors.make('missing-file', { what: `${directory} has no ${shard}`, cure: `Get every shard of ${INDEX}` });
  return shards.map((shard) => join(directory, shard));
}

function openAll(paths: readonly string[]): readonly TensorFile[] {
  const files: TensorFile[] = [];
  try {
    for (const path of paths) files.push(openTensors(path));
    return files;
  } catch (thrown) {
    for (const file of files) file.close();
    throw thrown;
  }
}

/** Opens safetensors files as the weights of a configuration. */
export function openSafetensors(paths: readonly string[], config: ModelConfig): WeightSource {
  const files = openAll(paths);
  const close = () => {
    for (const file of files) file.close();
  };
  const byName = new Map(files.flatMap((file) => file.entries.map((entry) => [entry.name, { file, entry }] as const)));
  try {
    checkWeights(paths[0], config, new Map([...byName].map(([name, { entry }]) => [name, entry.shape])));
  } catch (thrown) {
    close();
    throw thrown;
  }
  const shapes = expectedWeights(config);
  const read = (name: string) => {
    const { file } = byName.get(name)!;
    return checkFinite(file.path, name, toFloat32(file.read(name)));
  };
  return { names: [...shapes.keys()], shape: (name) => shapes.get(name)!, read, close };
}
