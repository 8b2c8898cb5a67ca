import { readdirSync } from 'node:fs';

/** One jest project per package, one for the site and one for what the benchmarks share; tests run on the TypeScript sources. */
const project = (name) => ({
  displayName: name,
  rootDir: `packages/${name}`,
  roots: ['<rootDir>/src'],
  testEnvironment: '<rootDir>/../../tools/jest/environment.cjs',
  testEnvironmentOptions: { customExportConditions: ['@perfit/source', 'node', 'require', 'default'] },
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(@huggingface|pure-rand|pbf|d3-random)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['**/*.test.ts'],
});

const site = {
  ...project('site'),
  rootDir: 'site',
  roots: ['<rootDir>'],
  testEnvironment: '<rootDir>/../tools/jest/environment.cjs',
  testMatch: ['**/*.test.mjs'],
  modulePathIgnorePatterns: ['<rootDir>/.vitepress/', '<rootDir>/public/'],
};

const benchmarks = {
  ...project('benchmarks'),
  rootDir: 'benchmarks',
  roots: ['<rootDir>/shared'],
  testEnvironment: '<rootDir>/../tools/jest/environment.cjs',
  testMatch: ['**/*.test.mjs'],
};

export default {
  projects: [...readdirSync(new URL('packages', import.meta.url)).map(project), site, benchmarks],
  globalSetup: '<rootDir>/tools/jest/scratch-setup.cjs',
  globalTeardown: '<rootDir>/tools/jest/scratch-teardown.cjs',
  maxWorkers: 2,
  testTimeout: 60_000,
};
