/** Losses of held-out rows with @perfit/runtime: the counterpart of python/evaluate_rows.py. */
import { readFileSync } from 'node:fs';
import { readAdapter } from '@perfit/lora';
import { evaluateRows, rowEncoding } from '@perfit/runtime';
import { openModel } from './open-model.mjs';
import { finish, job, timed } from './process.mjs';

const { engine, backbone, checkpoint } = await openModel(job);
const adapter = readAdapter(job.adapter, { sites: backbone.sites });
const rows = JSON.parse(readFileSync(job.rows, 'utf8'));
const encoding = rowEncoding(checkpoint, job.maxTokens);
const evaluate = (some) => evaluateRows(engine, { backbone, checkpoint }, adapter, some, encoding, () => {});
evaluate(rows.slice(0, 2));
const { result, milliseconds, cpuMilliseconds } = timed(() => evaluate(rows));
const { perplexity, examples } = result;
finish({ perplexity, milliseconds, cpuMilliseconds, losses: examples.map(({ lossSum }) => lossSum) }, engine);
