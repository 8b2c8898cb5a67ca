/** Greedy continuation of a prompt with @perfit/models: the counterpart of python/generate_tokens.py. */
import { readAdapter } from '@perfit/lora';
import { generate } from '@perfit/models';
import { createTrainer } from '@perfit/training';
import { openModel } from './open-model.mjs';
import { finish, job } from './process.mjs';

const { engine, backbone, checkpoint } = await openModel(job);
const { layout, scale, ...state } = readAdapter(job.adapter, { sites: backbone.sites });
const { projector } = createTrainer({ engine, backbone, layout, scale }).project(state);
// No end token: every side writes as many tokens as it is asked for.
const tokenizer = { ...checkpoint.tokenizer, eosId: -1 };

function write(maxNewTokens) {
  const begin = performance.now();
  const at = [];
  const ids = [];
  for (const { id } of generate({ backbone, tokenizer, projector, prompt: job.prompt, maxNewTokens })) {
    ids.push(id);
    at.push(performance.now() - begin);
  }
  return { ids, firstMs: at[0], restMs: at.at(-1) - at[0] };
}

write(2);
const cpu = process.cpuUsage();
const written = write(job.tokens);
const { user, system } = process.cpuUsage(cpu);
finish({ ...written, cpuMilliseconds: (user + system) / 1000 }, engine);
