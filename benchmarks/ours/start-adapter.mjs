/** Writes the adapter that every side starts from: LoRA's own start, or `symmetric`; with a seed as the runtime draws it. */
import { createLayout, fullArchitecture, selectSites, symmetric, writeAdapter, zero } from '@perfit/lora';
import { openModel } from './open-model.mjs';
import { finish, job } from './process.mjs';

const { folder, rank, alpha, start, seed } = job;
const { engine, backbone } = await openModel(job);
const layout = createLayout(selectSites(backbone.sites, ['q', 'k', 'v', 'o']), rank);
const scale = alpha / rank;
const random = seed === null ? drawn() : (await import('@perfit/runtime')).randomStreams(seed).stream('start');
const { values } = { zero, symmetric }[start]().initialize({
  layout,
  random,
  scale,
  frozen: backbone.frozen,
});
const architecture = fullArchitecture(layout.size);
writeAdapter(folder, { layout, values, architecture, scale, baseModel: '' });
finish({ config: backbone.config, parameters: layout.size, bf16: engine.supports('bf16') }, engine);

/** Numbers in [0, 1). */
function drawn() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
