import { basename, join, resolve } from 'node:path';
import { AGGREGATOR, type Update } from '@perfit/aggregation';
import {
  composeResidual,
  fullArchitecture,
  pack,
  readAdapter,
  type SavedAdapter,
  unpackInto,
  writeAdapter,
} from '@perfit/lora';
import { createContainer, randomStreams, resolveStrategy } from '@perfit/runtime';
import { Command } from 'commander';
import { alignAdapters } from '../align-adapters.js';
import { configuredPlugins, pluginOption } from '../configured-plugins.js';
import { errors } from '../errors.js';
import { refuseExisting } from '../refuse-existing.js';
import { terminal } from '../terminal.js';

/** `perfit aggregate` */
export function aggregateCommand(): Command {
  return new Command('aggregate')
    .description('Aggregate saved client folders under any rule: OUT/global and OUT/clients/NAME.')
    .argument(
      '<dirs...>',
      'client folders: adapter_model.safetensors, adapter_config.json, and mask.bin + mask.json or a full mask',
    )
    .requiredOption('--aggregator <name>', 'shared-exclusive, weighted-mean, …')
    .option('--weights <list>', 'one weight a folder, separated by commas (default: all the same)')
    .requiredOption('--out <dir>', 'folder to write')
    .addOption(pluginOption())
    .option('--json', 'print counts as JSON')
    .addHelpText(
      'after',
      `
Example:
  perfit aggregate --aggregator shared-exclusive --weights 3,5 clients/a clients/b --out merged`,
    )
    .action(async (dirs: readonly string[], options) => {
      const container = createContainer(await configuredPlugins([], undefined, options.plugin));
      const aggregator = resolveStrategy(container, AGGREGATOR, 'aggregator', options.aggregator).make();
      const weights = parseWeights(options.weights, dirs.length);
      const names = dirs.map((dir) => basename(resolve(dir)));
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined)
        throw errors.make('duplicate-folder', { what: `two folders are named '${twice}'`, cure: 'Rename one of them' });
      refuseExisting(options.out);
      const adapters: readonly SavedAdapter[] = alignAdapters(
        names,
        dirs.map((dir) => readAdapter(dir)),
      );
      const { layout, scale, baseModel } = adapters[0]!;
      const start = new Float32Array(layout.size);
      let state = aggregator.initialize(layout, start);
      const fold = aggregator.fold(state, {
        layout,
        scale,
        round: 1,
        random: randomStreams(1).stream('aggregate', '', 1),
        registered: () => undefined,
      });
      for (const [index, { values, architecture }] of adapters.entries()) {
        const update: Update = {
          client: names[index]!,
          mask: architecture,
          values: pack(values, architecture),
          architecture,
          examples: weights[index]!,
          metrics: {},
        };
        fold.add(update);
      }
      state = fold.finish();
      const globalArchitecture = aggregator.sharedPositions(state, fullArchitecture(layout.size));
      // What the rule puts into the frozen weights goes along as further ranks.
      const residual = aggregator.residual?.(state) ?? [];
      const write = (path: string, values: Float32Array, architecture: SavedAdapter['architecture']) => {
        const adapter = { layout, values, architecture, scale, baseModel };
        writeAdapter(path, residual.length > 0 ? { ...adapter, ...composeResidual(adapter, residual) } : adapter);
      };
      write(join(options.out, 'global'), aggregator.globalModule(state), globalArchitecture);
      const clients = adapters.map(({ values, architecture }, index) => {
        const client = names[index]!;
        const download = aggregator.download(state, { client, architecture });
        const received = Float32Array.from(values);
        unpackInto(received, download.mask, download.values);
        write(join(options.out, 'clients', client), received, architecture);
        const shared = aggregator.sharedPositions(state, architecture).live;
        return { client, live: architecture.live, shared, exclusive: architecture.live - shared };
      });
      const result = { aggregator: aggregator.name, positions: layout.size, global: globalArchitecture.live, clients };
      if (options.json) return terminal.json(result);
      for (const { client, live, shared, exclusive } of clients)
        terminal.result(`${client}: ${live} live, ${shared} shared, ${exclusive} exclusive`);
      terminal.result(`global: ${result.global} of ${result.positions} positions, in ${options.out}`);
    });
}

/** One weight a folder, as whole numbers in the same proportions: 0.3,0.7 becomes 3,7. */
function parseWeights(list: string | undefined, count: number): readonly number[] {
  if (list === undefined) return new Array<number>(count).fill(1);
  const texts = list.split(',').map((text) => text.trim());
  const decimals = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
  const weights = texts.map((text) => Math.round(Number(text) * 10 ** decimals));
  const valid = (weight: number, index: number) =>
    /^\d+(\.\d+)?$/.test(texts[index]!) && weight > 0 && Number.isSafeInteger(weight);
  if (weights.length !== count || !weights.every(valid)) {
    throw errors.make('wrong-use', {
      what: `--weights ${list} for ${count} folders`,
      cure: `Give ${count} positive numbers`,
    });
  }
  return weights;
}
