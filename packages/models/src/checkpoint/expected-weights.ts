import type { ModelConfig } from '../contract.js';
import { errors } from '../errors.js';

/** Names of a decoder layer's projections, below `model.layers.N.`, with their `[out, in]`, in the order of the forward. */
export function projections(config: ModelConfig): readonly (readonly [string, number, number])[] {
  const { hidden, intermediate, heads, keyValueHeads, headSize } = config;
  return [
    ['self_attn.q_proj', heads * headSize, hidden],
    ['self_attn.k_proj', keyValueHeads * headSize, hidden],
    ['self_attn.v_proj', keyValueHeads * headSize, hidden],
    ['self_attn.o_proj', hidden, heads * headSize],
    ['mlp.gate_proj', intermediate, hidden],
    ['mlp.up_proj', intermediate, hidden],
    ['mlp.down_proj', hidden, intermediate],
  ];
}

/** Every weight of a backbone by its Hugging Face name, with its shape, from the embedding to the head. */
export function expectedWeights(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const { vocabulary, hidden, layers, tiedHead } = config;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabulary, hidden]]]);
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    shapes.set(`${prefix}input_layernorm.weight`, [hidden]);
    shapes.set(`${prefix}post_attention_layernorm.weight`, [hidden]);
    for (const [name, out, width] of projections(config)) shapes.set(`${prefix}${name}.weight`, [out, width]);
  }
  shapes.set('model.norm.weight', [hidden]);
  if (!tiedHead) shapes.set('lm_head.weight', [vocabulary, hidden]);
  return shapes;
}

const source = 'Get the weights and the configuration from the same place, and check that both are whole';

/**
 * Checks that a file's tensors are those of the configuration; a tied head and buffers that older versions of
 * transformers saved are passed over.
 *
 * @throws `missing-tensor`, `wrong-shape`, `biased-projection`, `unexpected-tensor`
 */
export function checkWeights(path: string, config: ModelConfig, found: ReadonlyMap<string, readonly number[]>): void {
  const expected = expectedWeights(config);
  for (const [name, shape] of expected) {
    const actual = found.get(name);
    if (!actual) throw errors.make('missing-tensor', { what: `${path} lacks ${name} [${shape}]`, cure: source });
    if (actual.join() !== shape.join())
      throw errors.make('wrong-shape', {
        what: `${name} in ${path} is [${actual}], the configuration calls for [${shape}]`,
        cure: source,
      });
  }
  for (const name of found.keys()) {
    if (expected.has(name) || name === 'lm_head.weight' || name.endsWith('rotary_emb.inv_freq')) continue;
    if (name.endsWith('.bias'))
      throw errors.make('biased-projection', {
        what: `${path} holds ${name}`,
        cure: 'Take a model whose projections have no bias',
      });
    throw errors.make('unexpected-tensor', {
      what: `${path} holds ${name}, which a llama of ${config.layers} layers has no place for`,
      cure: source,
    });
  }
}
