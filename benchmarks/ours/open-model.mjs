import { loadBackbone, openCheckpoint, reuseHiddenStates } from '@perfit/models';
import { openHiddenStateCache } from '@perfit/runtime';
import { createEngine } from '@perfit/tensorflow';

/** The engine, native where it is installed, with a model on it; `hiddenStates`: a folder to keep them in. */
export async function openModel({ model, dtype = 'f32', threads, hiddenStates }) {
  const engine = await createEngine({ threads });
  const checkpoint = await openCheckpoint(model);
  const backbone = await loadBackbone(engine, checkpoint, { dtype });
  checkpoint.weights.close();
  if (!hiddenStates) return { engine, checkpoint, backbone };
  const width = backbone.config.hidden;
  const cache = openHiddenStateCache({ directory: hiddenStates, maxBytes: Number.MAX_SAFE_INTEGER, width });
  return { engine, checkpoint, backbone: reuseHiddenStates(engine, backbone, cache) };
}
