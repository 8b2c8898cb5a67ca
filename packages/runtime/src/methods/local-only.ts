import { emptyArchitecture } from '@perfit/lora';
import type { Method } from '../contract.js';

/** LoRA on every client alone: everything trains, nothing travels, all is personal. */
export const localOnly: Method = {
  name: 'local-only',
  summary: 'LoRA on every client alone: everything trains, nothing travels, all is personal.',
  preset: { initialization: 'zero', aggregator: 'weighted-mean', adoption: 'replace', localUpdate: 'plain' },
  trains: true,
  travel: (architecture) => emptyArchitecture(architecture.size),
  keeps: 'distributed',
};
