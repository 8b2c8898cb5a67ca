import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The TensorFlow that the engine is built on. */
export const TENSORFLOW_VERSION = '2.21.0';

/** The npm package whose C++ binding is compiled; nothing else of it is used. */
export const BINDING_PACKAGE = { name: '@tensorflow/tfjs-node-gpu', version: '4.22.0' } as const;

/** sha256 of the binding's sources, `binding/NAME` of {@link BINDING_PACKAGE}. */
export const BINDING_SOURCES: Readonly<Record<string, string>> = {
  'napi_auto_ref.h': '775e602b81ce9c7ee5c69f0177fa0f4672921c7860b16783674f531a1057f167',
  'tf_auto_status.h': 'a9dbf9e92fe9c1decbf9c0418c2439bd157c5e81e761c2803a3d20d9c64206d1',
  'tf_auto_tensor.h': '9a34980cf9ffa904c1039a57fb0c73adf4342efd31068d6aac8deab8bfb98e0a',
  'tfe_auto_op.h': 'b0c12024598081e6879dc5580755512e3d5594562e9b754a91e0ff94e7c305e4',
  'tfjs_backend.cc': '37a6a6f29e0be5e6ba17fe2b7c943a730f1069eaa8a536fd42ea22b0c56695f7',
  'tfjs_backend.h': '51a1cb1db170f78edca4edcd1245b600251f88fba9c5fdea340fb13d9e4cc728',
  'tfjs_binding.cc': '352e096779ac9c9cfe0648ea887e8991828375e2b11955b4e220b7ab5b9fb690',
  'utils.h': 'f78f6292b022d9a58fa46701f69a8d6c27da83951ba0c9aa1e60bc9879e71d6a',
};

/** A wheel family on the package index, with the sha256 of its wheels for CPython 3.10 to 3.13. */
export interface Wheels {
  readonly package: string;
  readonly sha256: readonly string[];
  /** An extra whose requirements are installed beside it. */
  readonly extra?: string;
}

/** Wheels by platform, architecture and device. */
export const WHEELS: Readonly<Record<string, Wheels>> = {
  'linux-x64-cpu': {
    package: 'tensorflow-cpu',
    sha256: [
      'd143e92f5c0661cdfa26eaca8f73cd2efd0ec53a68af8dec82f584ba8eb14b83',
      '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      '05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793',
    ],
  },
  'linux-x64-cuda': {
    package: 'tensorflow',
    extra: 'and-cuda',
    sha256: [
      '77c6f298e695ea1d283cdd7d30f8d97530cc6e92c1395a9ddbab9771c99233a4',
      '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      'e9d8da8dcab9650efb45f032ba70af2f016f907e6e0c6bda29dd101bba945406',
    ],
  },
  'linux-arm64-cpu': {
    package: 'tensorflow',
    sha256: [
      '7c97938b25cf70c80ae8619931f85abcdee2ab2eb256c2051202edb3b89e9a5d',
      '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      'a10abdfb8b1189210c251021a3f153b7ccc52a8e6521351f3dc3331e8ba593e0',
    ],
  },
};

/** A file of this package's `native/`, from sources and from `dist` alike. */
export function nativeSource(name: string): string {
  return fileURLToPath(new URL(`../native/${name}`, import.meta.url));
}

/** The C++ files of our kernels, headers last. */
export const KERNEL_SOURCES = [
  ...[
    'attention.cc',
    'cross_entropy.cc',
    'linear.cc',
    'low_rank.cc',
    'parallel.cc',
    'rms_norm.cc',
    'segment_products.cc',
    'swiglu.cc',
  ],
  ...['operation.h', 'parallel.h', 'product.h', 'vector.h'],
].map((name) => `kernels/${name}`);

/** Digest of everything that is compiled: part of the engine's name in the cache, so that a new source is a new engine. */
export function sourcesDigest(): string {
  const sha = createHash('sha256').update(JSON.stringify(BINDING_SOURCES));
  for (const name of ['loader.cc', ...KERNEL_SOURCES]) sha.update(readFileSync(nativeSource(name)));
  return sha.digest('hex').slice(0, 12);
}
