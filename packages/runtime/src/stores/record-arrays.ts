import { type Architecture, architectureFromBytes } from '@perfit/lora';
import type { ClientRecord } from '../contract.js';
import { adapterArrays, readAdapterArrays, readVectorArrays, vectorArrays } from './adapter-arrays.js';
import type { ArrayForm } from './client-files.js';

/** A client's record as named arrays. */
export const recordArrays: ArrayForm<ClientRecord> = {
  write: ({ state, used, remembered, received, searched, registered }) => ({
    arrays: {
      ...adapterArrays('shared', state.shared),
      ...adapterArrays('personal', state.personal),
      ...vectorArrays('remembered', remembered),
      ...vectorArrays('received', received),
      ...(used ? { used } : {}),
    },
    facts: { searched: String(searched), registered: String(registered) },
  }),
  read: ({ arrays, facts }) => {
    const shared = readAdapterArrays(arrays, 'shared')!;
    const personal = readAdapterArrays(arrays, 'personal');
    return {
      state: personal ? { shared, personal } : { shared },
      ...(arrays.used ? { used: arrays.used as Float32Array } : {}),
      remembered: readVectorArrays(arrays, 'remembered'),
      received: readVectorArrays(arrays, 'received'),
      searched: Number(facts.searched),
      registered: facts.registered === 'true',
    };
  },
};

/** A registered architecture as named arrays. */
export const architectureArrays: ArrayForm<Architecture> = {
  write: ({ size, bits }) => ({ arrays: { bits }, facts: { size: String(size) } }),
  read: ({ arrays, facts }) => architectureFromBytes(Number(facts.size), arrays.bits as Uint8Array),
};
