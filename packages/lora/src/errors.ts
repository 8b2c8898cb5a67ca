import { defineErrors } from '@perfit/strategy';

/** Everything that can be wrong with an adapter space, an adapter or its files. */
export const errors = defineErrors('lora', {
  'bad-layout': 'Sites or rank cannot make a layout: a repeated name, a size that is not a positive whole number.',
  'unknown-target': 'A target matches no projection of the model.',
  'bad-target': 'A target is empty, or a pattern that cannot be read.',
  'unknown-site': 'The layout has no such site.',
  'size-mismatch': 'Values, masks or layouts that belong together have different sizes.',
  'bad-position': 'A position lies outside of the layout.',
  'bad-bits': 'Bytes are not a bit mask of that size.',
  'odd-rank': 'The symmetric and the orthogonal start pair ranks, and the rank is odd.',
  'rank-above-weight': 'A start from the frozen weight has more components than the weight: R > min(in, out).',
  'bad-scale': 'The scale σ is not a number that a start or a residual can be divided by.',
  'bad-config': 'adapter_config.json cannot be read, or does not describe a LoRA.',
  'unsupported-adapter': 'The adapter uses something that is not plain LoRA with one scale.',
  'unknown-tensor': 'A tensor of the adapter belongs to no projection.',
  'missing-factor': 'An adapter has lora_A without lora_B, or lora_B without lora_A.',
  'shape-mismatch': 'A factor does not fit its projection, its twin factor or the rank in adapter_config.json.',
  'not-finite': 'An adapter holds NaN or Infinity.',
  'bad-mask': 'mask.bin and mask.json do not fit each other or the adapter.',
  'outside-mask': 'An adapter has a value other than 0 at a position that its mask excludes.',
});
