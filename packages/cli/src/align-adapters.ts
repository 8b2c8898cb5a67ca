import { createLayout, embedAdapter, type SavedAdapter } from '@perfit/lora';
import { errors } from './errors.js';

/**
 * Brings adapters of different rank into the layout of the largest: a smaller one keeps its first ranks, and its mask
 * is 0 above them. Adapters of other sites or another scale σ = alpha / r cannot be averaged and are refused.
 */
export function alignAdapters(names: readonly string[], adapters: readonly SavedAdapter[]): readonly SavedAdapter[] {
  const widest = adapters.reduce((a, b) => (b.layout.rank > a.layout.rank ? b : a));
  const sitesOf = ({ layout }: SavedAdapter) =>
    layout.sites
      .map((site) => `${site.name} ${site.out}×${site.in}`)
      .sort()
      .join();
  for (const [index, adapter] of adapters.entries()) {
    if (sitesOf(adapter) !== sitesOf(widest)) {
      throw errors.make('different-adapters', {
        what: `${names[index]} adapts other projections, or of another shape, than the others`,
        cure: 'Aggregate adapters of one base model and the same targets',
      });
    }
    if (Math.abs(adapter.scale - widest.scale) > 1e-9 * widest.scale) {
      throw errors.make('different-adapters', {
        what: `${names[index]} has the scale lora_alpha / r = ${adapter.scale}, another has ${widest.scale}`,
        cure: 'Aggregate adapters of one scale',
      });
    }
  }
  const layout = createLayout(widest.layout.sites, widest.layout.rank);
  return adapters.map((adapter) =>
    adapter.layout.rank === layout.rank ? adapter : { ...adapter, layout, ...embedAdapter(adapter, layout) },
  );
}
