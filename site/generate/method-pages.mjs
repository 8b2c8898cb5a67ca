import { createLayout, fullArchitecture } from '@perfit/lora';
import { explanationText, methodCosts } from '@perfit/runtime';
import { kindOfKey, methodPath, strategyPath } from './kinds.mjs';
import { code, fenced, page, prose, table, WIDE } from './markdown.mjs';
import { sourceLink } from './source-link.mjs';
import { tsdoc } from './tsdoc.mjs';

/** The rank at which methods are compared. */
const RANK = 8;
const MODEL = 'SmolLM2-135M, rank 8 on q, k, v, o';

/** q, k, v and o of SmolLM2-135M: 30 layers of width 576, keys and values of width 192. */
const sites = Array.from({ length: 30 }, (_, layer) =>
  Object.entries({ q: 576, k: 192, v: 192, o: 576 }).map(([name, out]) => ({
    name: `model.layers.${layer}.self_attn.${name}_proj`,
    layer,
    in: 576,
    out,
    flops: 2 * 576 * out,
  })),
).flat();

const figure = (value) => (typeof value === 'number' ? String(Number(value.toFixed(2))) : value);
const yes = (value) => (value ? 'yes' : 'no');
const steps = (value) => (value === 'clients' ? 'those of all clients' : figure(value));

/** A page a method, and one table over all: address → Markdown. */
export function methodPages({ kinds, methods }, sources) {
  const costed = methods.map((each) => ({ ...each, costs: methodCosts(each.plan, sites, RANK) }));
  const pages = new Map([[methodPath('index'), overview(costed)]]);
  for (const each of costed) pages.set(methodPath(each.method.name), methodPage(each, kinds, sources));
  return pages;
}

function methodPage({ method, plan, explained, costs }, kinds, sources) {
  const documentation = sources.constantWith(method.summary)?.text ?? '';
  const file = sources.fileWith(method.summary);
  return page(
    `# ${method.name}`,
    prose(method.summary),
    documentation && tsdoc(documentation),
    `Source: ${prose(method.source)}.`,
    '## What trains, what travels, what is personal',
    table(['', 'rule', 'what it is'], roles(method, plan, explained, kinds)),
    '## Parts',
    Object.keys(method.preset).length === 0
      ? 'No parts: nothing trains.'
      : table(['key', 'strategy', 'what it is'], parts(explained, kinds)),
    '## What it costs a client',
    `In units of FedIT at the same rank (${MODEL}), mean over two rounds.`,
    table(
      ['', 'cost'],
      [
        ['trainable parameters', figure(costs.trainable)],
        ['values up', figure(costs.up)],
        ['values down', figure(costs.down)],
        ['steps', steps(costs.steps)],
        ['adapters kept', costs.adapters],
        ['a mask goes with the first upload', yes(costs.mask)],
        ['changes of the frozen weights come down', yes(costs.residual)],
      ],
      { right: [1] },
    ),
    '## In a configuration',
    fenced('yaml', `methods: [${method.name}]`),
    'Written out, with the defaults of every part:',
    fenced('yaml', `methods:\n${indent(explanationText([explained]).replace(/^#.*\n/, ''))}`),
    `${code(`perfit run --set methods=[${method.name}] --explain`)} prints the same. A key of an entry replaces the preset’s, as in ${code(`{ name: mine, method: ${method.name}, … }`)}.`,
    ...(file ? ['## Source', sourceLink(file)] : []),
  );
}

const indent = (text) => text.trimEnd().replace(/^(?=.)/gm, '  ');

/** A strategy of a part: its link, its options, its summary. */
function partOf(key, value, kinds) {
  const kind = kindOfKey(key);
  if (!kind) return [code(JSON.stringify(value)), ''];
  const { name, ...options } = typeof value === 'string' ? { name: value } : value;
  const { strategies } = kinds.find(({ folder }) => folder === kind.folder);
  const said = Object.entries(options).map(([option, setting]) => `${code(`${option}: ${JSON.stringify(setting)}`)}`);
  return [
    [`[${name}](${strategyPath(kind, name)})`, ...said].join(', '),
    prose(strategies.find((factory) => factory.name === name)?.summary ?? ''),
  ];
}

const OF_METHODS = ['method', 'rank', 'learningRate'];

const parts = ({ parts: all }, kinds) =>
  Object.entries(all)
    .filter(([key]) => !OF_METHODS.includes(key))
    .map(([key, value]) =>
      key === 'search'
        ? [
            code(key),
            Object.entries(value)
              .map(([k, v]) => code(`${k}: ${v}`))
              .join(', '),
            '[The search](/concepts/search) of every client',
          ]
        : key === 'expansion'
          ? [code(key), code(value), 'e: the expanded rank is e · r']
          : [code(key), ...partOf(key, value, kinds)],
    );

function roles(method, plan, { parts: all }, kinds) {
  const rule = (key, otherwise) => (key in all ? partOf(key, all[key], kinds) : ['–', otherwise]);
  return [
    ['trains', ...(method.trains ? rule('trainable', '') : ['–', 'Nothing.'])],
    ['travels', ...rule('travel', method.pools ? 'The rows themselves: one client trains on those of all.' : '')],
    ['personal', personalRule(plan, all), personalText(method, plan)],
  ];
}

const personalRule = ({ personalization }, all) =>
  'personalization' in all && personalization.name !== 'none'
    ? `[${personalization.name}](${strategyPath(kindOfKey('personalization'), personalization.name)})`
    : '–';

/** What stays at home, told by the parts themselves. */
function personalText(method, plan) {
  if (!method.trains) return 'Nothing.';
  if (method.pools) return 'Nothing: there is one adapter.';
  const layout = createLayout(sites.slice(0, 8), plan.rank * plan.expansion);
  const travelling = [1, 2].reduce((sum, round) => sum + plan.travel.positions(layout, round).live, 0);
  if (travelling === 0) return 'The whole adapter.';
  const aggregator = plan.aggregator.make();
  const all = fullArchitecture(layout.size);
  const state = aggregator.initialize(layout, new Float32Array(layout.size));
  const trained = [1, 2].some((round) => {
    const travel = plan.travel.positions(layout, round).bits;
    return plan.trainable.positions(layout, round).bits.some((byte, i) => (byte & ~travel[i]) !== 0);
  });
  const reasons = [
    plan.search && 'the architecture',
    aggregator.sharedPositions(state, all).live < layout.size && 'the values of exclusive positions',
    trained && 'the values of positions that do not travel',
    plan.personalization.secondAdapter && 'a second adapter',
    (plan.localUpdate.make().remembers ?? []).length > 0 && 'what the local update rule remembers',
    method.keeps === 'local' && 'the adapter after one more set of local steps',
  ].filter(Boolean);
  return reasons.length === 0 ? 'Nothing.' : `${reasons.join('; ')}.`.replace(/^./, (first) => first.toUpperCase());
}

function overview(methods) {
  return page(
    WIDE,
    '# Methods',
    'A method is a preset of [strategies](/reference/strategies/) and two position rules: what trains and what travels. No method has code of its own. A key that a configuration sets replaces the preset’s.',
    `Costs of a client a round in units of FedIT at the same rank (${MODEL}), mean over two rounds: trainable parameters, values up and down, steps; then the adapters that a client keeps, whether a mask goes with its first upload, and whether changes of the frozen weights come down. ${code('clients')} steps: those of all clients.`,
    table(
      ['method', 'trainable', 'up', 'down', 'steps', 'adapters', 'mask', 'residual'],
      methods.map(({ method, costs }) => [
        `[${method.name}](${methodPath(method.name)})`,
        figure(costs.trainable),
        figure(costs.up),
        figure(costs.down),
        figure(costs.steps),
        costs.adapters,
        costs.mask ? 'yes' : '–',
        costs.residual ? 'yes' : '–',
      ]),
      { right: [1, 2, 3, 4, 5, 6, 7] },
    ),
    '## What each one does',
    table(
      ['method', 'source', 'what trains, what travels, what is personal'],
      methods.map(({ method: { name, source, summary } }) => [
        `[${name}](${methodPath(name)})`,
        prose(source),
        prose(summary),
      ]),
    ),
  );
}
