/** Which package may import which: the arrows of the architecture. Everything that is not listed is forbidden. */
const arrows = {
  strategy: [],
  safetensors: ['strategy'],
  tensorflow: ['strategy'],
  lora: ['strategy', 'safetensors'],
  nas: ['strategy', 'lora'],
  aggregation: ['strategy', 'lora'],
  datasets: ['strategy'],
  models: ['strategy', 'safetensors', 'tensorflow'],
  training: ['strategy', 'lora', 'nas', 'datasets', 'models', 'tensorflow'],
  runtime: ['strategy', 'safetensors', 'lora', 'nas', 'aggregation', 'datasets', 'models', 'training', 'tensorflow'],
  cli: [
    'strategy',
    'safetensors',
    'lora',
    'nas',
    'aggregation',
    'datasets',
    'models',
    'training',
    'tensorflow',
    'runtime',
  ],
};
const names = Object.keys(arrows);

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-own-index',
      severity: 'error',
      comment: 'A package never imports its own index.ts.',
      from: { path: '^packages/([^/]+)/src/', pathNot: '(\\.test|/testing)\\.ts$' },
      to: { path: '^packages/$1/src/index\\.ts$' },
    },
    ...names.map((name) => ({
      name: `arrows-of-${name}`,
      severity: 'error',
      from: { path: `^packages/${name}/src/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `^packages/(${names.filter((other) => other !== name && !arrows[name].includes(other)).join('|') || '-'})/`,
      },
    })),
    {
      name: 'no-tensors-in-plain-packages',
      severity: 'error',
      from: { path: '^packages/(strategy|safetensors|lora|nas|aggregation|datasets)/src/' },
      to: { path: '@tensorflow/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@perfit/source', 'import', 'node', 'default', 'types'],
    },
  },
};
