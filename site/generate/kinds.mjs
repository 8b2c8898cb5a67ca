import { ADOPTION, AGGREGATOR, CODEC, SERVER_RULE } from '@perfit/aggregation';
import { PARTITIONER, PROMPT } from '@perfit/datasets';
import { INITIALIZATION, POSITION_RULE } from '@perfit/lora';
import { BUDGET_RULE, GRANULARITY, IMPORTANCE, SCHEDULE } from '@perfit/nas';
import { ATTACK, PERSONALIZATION, SAMPLER } from '@perfit/runtime';
import { LOCAL_UPDATE } from '@perfit/training';

/**
 * Every kind of strategy, in the order in which a run meets them: its folder, its token, the keys that take it, and what
 * such a key stands inside of.
 */
export const KINDS = [
  {
    folder: 'partitioner',
    kind: 'partitioner',
    token: PARTITIONER,
    keys: ['partitioner'],
    title: 'Partitioners',
    about: 'Deal the rows out to clients. One configuration has one partitioner, for all of its methods.',
  },
  {
    folder: 'sampler',
    kind: 'sampler',
    token: SAMPLER,
    keys: ['sampler'],
    title: 'Samplers',
    about: 'Choose the clients of a round. One configuration has one sampler, for all of its methods.',
  },
  {
    folder: 'initialization',
    kind: 'initialization',
    token: INITIALIZATION,
    keys: ['initialization'],
    title: 'Initializations',
    about: 'Make the common start θ₀ of all clients, from the seed and the frozen weights.',
  },
  {
    folder: 'importance',
    kind: 'importance',
    token: IMPORTANCE,
    keys: ['importance'],
    title: 'Importance scores',
    about: 'Score every position in a search. The positions with the highest scores stay.',
  },
  {
    folder: 'schedule',
    kind: 'schedule',
    token: SCHEDULE,
    keys: ['schedule'],
    title: 'Pruning schedules',
    about: 'Say how many positions stay live after each iteration of a search.',
  },
  {
    folder: 'granularity',
    kind: 'granularity',
    token: GRANULARITY,
    keys: ['granularity'],
    title: 'Granularities',
    about: 'Say what a search keeps or prunes as one: single positions, rank components, projections, layers.',
  },
  {
    folder: 'budget',
    kind: 'budget',
    token: BUDGET_RULE,
    keys: ['budget'],
    title: 'Budget rules',
    about: 'Deal out the parameters of the federation: how much of its expanded space each client may keep.',
  },
  {
    folder: 'positions',
    kind: 'positions',
    token: POSITION_RULE,
    keys: ['trainable', 'travel'],
    title: 'Position rules',
    about:
      'Name positions of the adapter, round by round. As `trainable` they say what trains, as `travel` what clients send and take over. What does not travel is personal.',
  },
  {
    folder: 'local-update',
    kind: 'localUpdate',
    token: LOCAL_UPDATE,
    keys: ['localUpdate'],
    title: 'Local update rules',
    about: 'Alter the gradient of a client’s steps before the optimiser sees it.',
  },
  {
    folder: 'personalization',
    kind: 'personalization',
    token: PERSONALIZATION,
    keys: ['personalization'],
    title: 'Personalizations',
    about: 'Give a client a second adapter, say how both train, and how they compose when the client uses them.',
  },
  {
    folder: 'aggregator',
    kind: 'aggregator',
    token: AGGREGATOR,
    keys: ['aggregator'],
    title: 'Aggregators',
    about: 'Turn the updates of a round into the next server state, and say what each client gets of it.',
  },
  {
    folder: 'server-rule',
    kind: 'serverRule',
    token: SERVER_RULE,
    keys: ['serverRule'],
    title: 'Server rules',
    about: 'Wrap an aggregator: its mean is taken as a pseudo-gradient, and the server takes a step of its own.',
  },
  {
    folder: 'adoption',
    kind: 'adoption',
    token: ADOPTION,
    keys: ['adoption'],
    title: 'Adoption rules',
    about: 'Say what a client does with the values that it receives.',
  },
  {
    folder: 'codec',
    kind: 'codec',
    token: CODEC,
    keys: ['codec'],
    title: 'Codecs',
    about: 'Say how values are written on their way, up and down: what arrives is what the codec can hold of them.',
  },
  {
    folder: 'attack',
    kind: 'attack',
    token: ATTACK,
    keys: ['attack'],
    inside: (line) => `clients: { client-1: { ${line} } }`,
    title: 'Attacks',
    about:
      'Say what a malicious client sends in place of what it learned: for experiments with robust aggregators. The key stands under a client’s name in `clients`.',
  },
  {
    folder: 'prompt',
    kind: 'prompt',
    token: PROMPT,
    keys: [],
    title: 'Prompts',
    about:
      'Lay a row out as prompt and response. Runs use `alpaca`; there is no configuration key for it, and the others are for programs.',
  },
];

/** The kind that a configuration key takes. */
export const kindOfKey = (key) => KINDS.find(({ keys }) => keys.includes(key));

/** The address of a strategy's page; without a name, of its kind's. */
export const strategyPath = ({ folder }, name = '') => `/reference/strategies/${folder}/${name}`;

/** The address of a method's page; without a name, of the table of all. */
export const methodPath = (name = '') => `/reference/methods/${name}`;
