import { loadBackbone, openCheckpoint } from '@perfit/models';
import { createEngine } from '@perfit/tensorflow';

/** The engine, native where it is installed, with a model on it. */
export async function openModel({ model, dtype = 'f32', threads }) {
  const engine = await createEngine({ threads });
  const checkpoint = await openCheckpoint(model);
  const backbone = await loadBackbone(engine, checkpoint, { dtype });
  checkpoint.weights.close();
  return { engine, checkpoint, backbone };
}
