export type {
  AdapterState,
  Architecture,
  ClientState,
  Initialization,
  InitializationInput,
  Layout,
  Site,
  Slot,
  Start,
} from './contract.js';
export { INITIALIZATION } from './contract.js';
