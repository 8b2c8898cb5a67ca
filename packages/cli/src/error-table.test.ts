import { readFileSync } from 'node:fs';
import { aggregationErrors } from '@perfit/aggregation';
import { datasetsErrors } from '@perfit/datasets';
import { loraErrors } from '@perfit/lora';
import { modelsErrors } from '@perfit/models';
import { nasErrors } from '@perfit/nas';
import { runtimeErrors } from '@perfit/runtime';
import { safetensorsErrors } from '@perfit/safetensors';
import { type ErrorTable, renderErrorTable } from '@perfit/strategy';
import { tensorflowErrors } from '@perfit/tensorflow';
import { trainingErrors } from '@perfit/training';
import { errors } from './errors.js';

it('docs/errors.md holds every code of every package, and no other', () => {
  const tables: readonly Omit<ErrorTable<string>, 'make'>[] = [
    aggregationErrors,
    datasetsErrors,
    loraErrors,
    modelsErrors,
    nasErrors,
    runtimeErrors,
    safetensorsErrors,
    tensorflowErrors,
    trainingErrors,
    errors,
  ];
  const documented = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(documented).toBe(renderErrorTable(tables));
  // Every meaning is a sentence.
  for (const { meanings } of tables) for (const meaning of Object.values(meanings)) expect(meaning).toMatch(/\.$/);
});
