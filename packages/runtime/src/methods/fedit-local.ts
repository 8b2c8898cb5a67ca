import type { Method } from '../contract.js';
import { fedit } from './fedit.js';

/** FedIT, then one more round's local steps on every client: the fine-tuned adapter is the client's own. */
export const feditLocal: Method = {
  ...fedit,
  name: 'fedit-local',
  summary: "FedIT, then one more round's local steps on every client, which keeps the result.",
  keeps: 'local',
};
