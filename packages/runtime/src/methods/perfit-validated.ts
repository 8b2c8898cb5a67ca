import type { Method } from '../contract.js';
import { perfit } from './perfit.js';

/** PerFIT whose clients adopt a download only as far as their validation rows like it (ours). */
export const perfitValidated: Method = {
  ...perfit,
  name: 'perfit-validated',
  summary: 'PerFIT whose clients adopt a download as far as their own validation rows like it (ours).',
  preset: { ...perfit.preset, adoption: 'validated' },
};
