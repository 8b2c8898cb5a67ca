/** A kind of strategy that `perfit new` writes a package for. */
export interface ScaffoldKind {
  /** As factories write it. */
  readonly kind: string;
  /** The token's name, and the package that exports it. */
  readonly token: string;
  readonly from: string;
  /** The configuration key that a strategy of this kind stands under. */
  readonly key: string;
}

/** Every kind by its name on the command line, which is its template's folder too. */
export const scaffoldKinds: Readonly<Record<string, ScaffoldKind>> = {
  aggregator: { kind: 'aggregator', token: 'AGGREGATOR', from: '@perfit/aggregation', key: 'aggregator' },
  'server-rule': { kind: 'serverRule', token: 'SERVER_RULE', from: '@perfit/aggregation', key: 'serverRule' },
  adoption: { kind: 'adoption', token: 'ADOPTION', from: '@perfit/aggregation', key: 'adoption' },
  codec: { kind: 'codec', token: 'CODEC', from: '@perfit/aggregation', key: 'codec' },
  initialization: { kind: 'initialization', token: 'INITIALIZATION', from: '@perfit/lora', key: 'initialization' },
  'position-rule': { kind: 'positions', token: 'POSITION_RULE', from: '@perfit/lora', key: 'travel' },
  importance: { kind: 'importance', token: 'IMPORTANCE', from: '@perfit/nas', key: 'importance' },
  schedule: { kind: 'schedule', token: 'SCHEDULE', from: '@perfit/nas', key: 'schedule' },
  granularity: { kind: 'granularity', token: 'GRANULARITY', from: '@perfit/nas', key: 'granularity' },
  budget: { kind: 'budget', token: 'BUDGET_RULE', from: '@perfit/nas', key: 'budget' },
  partitioner: { kind: 'partitioner', token: 'PARTITIONER', from: '@perfit/datasets', key: 'partitioner' },
  'local-update': { kind: 'localUpdate', token: 'LOCAL_UPDATE', from: '@perfit/training', key: 'localUpdate' },
  sampler: { kind: 'sampler', token: 'SAMPLER', from: '@perfit/runtime', key: 'sampler' },
};
