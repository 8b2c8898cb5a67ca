import { architectureFrom, fullArchitecture, rankArchitecture } from '@perfit/lora';

/** Architectures to train inside of, by name, each of a layout and its model. */
export const ARCHITECTURES = {
  all: ({ size }) => fullArchitecture(size),
  'upper half of the layers': ({ size, slots }, { layers }) => {
    const layerOf = new Uint32Array(size);
    for (const { site, offset, size: length } of slots) layerOf.fill(site.layer, offset, offset + length);
    return architectureFrom(size, (position) => layerOf[position] >= Math.floor(layers / 2));
  },
  'half of the components': (layout) => rankArchitecture(layout, layout.rank / 2),
  'half of the positions': ({ size }) => architectureFrom(size, (position) => position % 2 === 0),
};
