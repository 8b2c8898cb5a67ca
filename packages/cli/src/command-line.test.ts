import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAdapter } from '@perfit/lora';

const bin = fileURLToPath(new URL('../bin/perfit.js', import.meta.url));
const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'perfit-cli-'));
const file = (name: string, text: string) => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};
const perfit = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: scratch, encoding: 'utf8' });
  return { status, stdout, stderr };
};
const row = (instruction: string, output: string, client = 'a') => JSON.stringify({ instruction, output, client });

// One small run that several tests read.
const SMALL = [
  '--set',
  'rounds=1',
  '--set',
  'steps=4',
  '--set',
  'batchSize=4',
  '--set',
  'data.path=embedded',
  '--set',
  'data.testRows=3',
];
const run = join(scratch, 'run');
const small = (out: string, ...more: readonly string[]) => perfit('run', ...SMALL, '--out', out, ...more);
beforeAll(() => {
  const { status, stderr } = small(run, '--set', 'methods=[untuned,fedit,fedit-local,perfit]');
  if (status !== 0) throw new Error(stderr);
}, 240_000);

describe('perfit run', () => {
  it('writes a whole run directory a method, and a comparison', () => {
    expect(readdirSync(run).sort()).toEqual(['fedit', 'fedit-local', 'perfit', 'summary.json', 'untuned']);
    for (const name of ['config.yaml', 'events.jsonl', 'summary.json', 'timings.json', 'clients', 'state'])
      expect(existsSync(join(run, 'perfit', name))).toBe(true);
    const client = readdirSync(join(run, 'perfit', 'clients'))[0]!;
    expect(readdirSync(join(run, 'perfit', 'clients', client)).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'mask.bin',
      'mask.json',
    ]);
    const { methods } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
    expect(Object.keys(methods)).toEqual(['untuned', 'fedit', 'fedit-local', 'perfit']);
    expect(methods.perfit.averages.personal.afterLocal.tokenWeighted).toBeGreaterThan(1);
    expect(methods.untuned.averages.global.clientMean).toBeNull();
  });

  it('gives the same bits for the same seed, wherever it is written', () => {
    const again = join(scratch, 'again');
    expect(small(again, '--set', 'methods=[untuned,fedit,fedit-local,perfit]').status).toBe(0);
    const files = (root: string) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => /summary\.json|\.safetensors|mask\.(bin|json)$/.test(name))
        .sort();
    expect(files(again)).toEqual(files(run));
    expect(files(again).length).toBeGreaterThan(40);
    for (const name of files(run))
      expect(readFileSync(join(again, name)).equals(readFileSync(join(run, name)))).toBe(true);
  }, 240_000);

  it('scores no more than it is told to, and takes over the local steps of another run, to the same bits', () => {
    const reuse = ['--reuse', join(scratch, 'local-steps')];
    const few = ['--set', 'rounds=2', '--set', 'evaluation={every: 0, localSteps: false}'];
    const play = (method: string, ...more: readonly string[]) => {
      const out = join(scratch, `few-${method}-${more.length}`);
      const { status, stderr } = small(out, ...few, '--set', `algorithm=${method}`, ...more);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(stderr).toMatch(/round 1: not scored\n/);
      const [summary, events] = ['summary.json', 'events.jsonl'].map((name) => readFileSync(join(out, name), 'utf8'));
      return { out, summary, reused: events!.match(/"reused":/g)?.length ?? 0 };
    };
    const [fedit, localOnly] = [play('fedit', ...reuse), play('local-only', ...reuse)];
    const alone = play('local-only');
    // One that scores local steps too takes all of its steps over but those.
    const scored = play('local-only', ...reuse, '--set', 'evaluation.localSteps=true');
    expect([fedit, localOnly, alone, scored].map(({ reused }) => reused)).toEqual([0, 8, 0, 16]);
    const { reused, reusedSeconds } = JSON.parse(readFileSync(join(scored.out, 'timings.json'), 'utf8'));
    expect(reused).toBe(16);
    expect(reusedSeconds).toBeGreaterThan(0);
    expect(localOnly.summary).toBe(alone.summary);
    const { rounds } = JSON.parse(alone.summary!);
    expect(rounds[1].averages.personal).toMatchObject({
      afterDistribution: { clientMean: expect.any(Number) },
      afterLocal: { clientMean: null },
    });
    expect(perfit('evaluate', '--run', fedit.out).status).toBe(0);
    // Where all search one mask, the round of the search is everyone's own; the next is taken over.
    const common = ['--set', 'search={scope: federation}'];
    const [first, again] = [
      play('perfit', ...reuse, ...common),
      play('perfit', ...reuse, ...common, '--set', 'seed=1'),
    ];
    expect([first, again].map(({ reused }) => reused)).toEqual([0, 8]);
    expect(again.summary).toBe(first.summary);
  }, 240_000);

  it('goes on to its end when nobody reads what it prints', async () => {
    const out = join(scratch, 'unread');
    const child = spawn(process.execPath, [bin, 'run', ...SMALL, '--set', 'methods=[untuned]', '--out', out]);
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    expect(existsSync(join(out, 'summary.json'))).toBe(true);
  }, 60_000);

  it('refuses to write over a run', () => {
    const { status, stderr } = small(run);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\[perfit\/runtime\] .*already holds a run\. Choose another --out, or add --resume/m);
  });

  it('takes several changes after one --set, before or after the configuration', () => {
    const config = file('order.yaml', 'rounds: 1\nsteps: 4\ndata: {path: embedded, testRows: 1}\n');
    for (const args of [
      ['--set', 'methods=[untuned]', 'seed=5', config],
      [config, '--set', 'methods=[untuned]', '--set', 'seed=5'],
    ]) {
      const out = mkdtempSync(join(scratch, 'order-'));
      expect(perfit('run', ...args, '--out', join(out, 'run')).status).toBe(0);
      expect(JSON.parse(readFileSync(join(out, 'run', 'summary.json'), 'utf8'))).toMatchObject({
        method: 'untuned',
        seed: 5,
      });
    }
  }, 60_000);

  it('prints JSON only with --json', () => {
    const { stdout, status } = small(join(scratch, 'json'), '--json', '--set', 'methods=[untuned]');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ out: join(scratch, 'json'), methods: { untuned: {} } });
  }, 60_000);

  it('resumes a run that was killed to the same bits', () => {
    const killed = join(scratch, 'killed');
    const args = ['run', ...SMALL, '--set', 'rounds=3', '--set', 'methods=[perfit]'];
    const whole = join(scratch, 'whole');
    expect(perfit(...args, '--out', whole).status).toBe(0);
    // Killed hard in the middle of round 2.
    const script = `
      const { spawn } = require('node:child_process'); const { existsSync } = require('node:fs');
      const child = spawn(process.execPath, ${JSON.stringify([bin, ...args, '--out', killed])});
      const timer = setInterval(() => { if (existsSync(${JSON.stringify(join(killed, 'state', 'round-1'))})) child.kill('SIGKILL'); }, 5);
      child.on('exit', (code, signal) => { clearInterval(timer); process.exit(signal === 'SIGKILL' ? 0 : 3); });`;
    expect(spawnSync(process.execPath, ['-e', script], { cwd: scratch }).status).toBe(0);
    expect(perfit(...args, '--out', killed, '--resume').status).toBe(0);
    for (const name of [
      'summary.json',
      ...readdirSync(join(whole, 'clients')).flatMap((id) =>
        ['adapter_model.safetensors', 'mask.bin'].map((part) => join('clients', id, part)),
      ),
    ])
      expect(readFileSync(join(killed, name)).equals(readFileSync(join(whole, name)))).toBe(true);
    // What was running when it was killed is told again, once, from the round that was lost.
    const events = readFileSync(join(killed, 'events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === 'run-started').map(({ from }) => from)[1]).toBeGreaterThan(1);
  }, 240_000);
});

describe('perfit run, sampled and repeated', () => {
  const sampled = join(scratch, 'sampled');
  const args = [
    '--set',
    'rounds=1',
    'steps=4',
    'batchSize=4',
    'methods=[perfit]',
    'data={path: embedded, testRows: 2, trainRows: 8}',
    'sampler={name: fraction, fraction: 0.25}',
  ];
  beforeAll(() => {
    expect(perfit('run', ...args, '--out', sampled).status).toBe(0);
  }, 60_000);

  it('saves what it scored also of clients that were never sampled', () => {
    expect(perfit('evaluate', '--run', sampled).status).toBe(0);
    const [{ clients }] = JSON.parse(readFileSync(join(sampled, 'summary.json'), 'utf8')).rounds;
    for (const { id, live, shared, exclusive } of clients) {
      expect(shared + exclusive).toBe(live);
      expect(JSON.parse(readFileSync(join(sampled, 'clients', id, 'mask.json'), 'utf8')).K).toBe(live);
    }
  }, 60_000);

  it('repeats a run from its own config.yaml to the same bits', () => {
    const again = join(scratch, 'from-config');
    expect(perfit('run', join(sampled, 'config.yaml'), '--out', again).status).toBe(0);
    for (const name of ['config.yaml', 'summary.json'])
      expect(readFileSync(join(again, name), 'utf8')).toBe(readFileSync(join(sampled, name), 'utf8'));
  }, 60_000);

  it('leaves nothing behind when it is refused, so that the corrected run can go there', () => {
    const out = join(scratch, 'refused');
    expect(perfit('run', '--set', 'targets=[zzz]', '--out', out).status).not.toBe(0);
    expect(existsSync(out)).toBe(false);
  }, 60_000);
});

describe('perfit evaluate', () => {
  it.each(['untuned', 'fedit', 'fedit-local', 'perfit'])(
    'repeats the perplexities of a saved run: %s',
    (method) => {
      const { status, stdout } = perfit('evaluate', '--run', join(run, method), '--json');
      expect(status).toBe(0);
      const { clients } = JSON.parse(stdout);
      expect(clients).toHaveLength(8);
      for (const { perplexity, recorded } of clients)
        expect(Math.abs(perplexity - recorded) / recorded).toBeLessThan(1e-4);
    },
    60_000,
  );

  it('exits 1 when a saved adapter no longer gives what was recorded', () => {
    const tampered = join(scratch, 'tampered');
    cpSync(join(run, 'fedit'), tampered, { recursive: true });
    const summary = JSON.parse(readFileSync(join(tampered, 'summary.json'), 'utf8'));
    summary.rounds[0].clients[2].personal.afterDistribution *= 1.001;
    writeFileSync(join(tampered, 'summary.json'), JSON.stringify(summary));
    const { status, stderr } = perfit('evaluate', '--run', tampered);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\[perfit\/cli\] client .* scores .*recorded/m);
  }, 60_000);

  it('scores rows as the contract says: totals are sums, clients in full precision, file order', () => {
    const rows = file('rows.jsonl', [row('one?', 'yes'), row('two?', 'no', 'b'), row('three?', 'perhaps')].join('\n'));
    const { status, stdout } = perfit('evaluate', '--model', 'tiny', '--data', rows, '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout);
    const sum = (key: 'lossSum' | 'tokens') =>
      result.examples.reduce((total: number, example: Record<string, number>) => total + example[key]!, 0);
    expect(result.tokens).toBe(sum('tokens'));
    expect(result.meanLoss).toBeCloseTo(sum('lossSum') / sum('tokens'), 12);
    expect(result.perplexity).toBeCloseTo(Math.exp(result.meanLoss), 10);
    expect(result.clients.a.tokens).toBe(result.examples[0].tokens + result.examples[2].tokens);
    const first = JSON.parse(
      perfit('evaluate', '--model', 'tiny', '--data', rows, '--rows-per-client', '1', '--json').stdout,
    );
    expect(first.examples).toHaveLength(2);
  }, 60_000);
});

describe('perfit aggregate, scores, generate, export', () => {
  const clients = () =>
    readdirSync(join(run, 'perfit', 'clients'))
      .slice(0, 3)
      .map((id) => join(run, 'perfit', 'clients', id));

  it('aggregates saved folders', () => {
    const out = join(scratch, 'merged');
    const { status, stdout } = perfit(
      'aggregate',
      '--aggregator',
      'shared-exclusive',
      '--weights',
      '3,5,1',
      ...clients(),
      '--out',
      out,
      '--json',
    );
    expect(status).toBe(0);
    const result = JSON.parse(stdout);
    for (const { live, shared, exclusive } of result.clients) expect(shared + exclusive).toBe(live);
    expect(readdirSync(join(out, 'clients'))).toHaveLength(3);
    expect(readdirSync(join(out, 'global'))).toContain('adapter_model.safetensors');
  });

  it('aggregates under a rule of one’s own, and keeps what a rule puts into the frozen weights', () => {
    const aggregate = (rule: string, ...plugin: string[]) => {
      const out = join(scratch, `by-${rule}`);
      const { status, stderr } = perfit('aggregate', '--aggregator', rule, ...plugin, ...clients(), '--out', out);
      expect([status, stderr]).toEqual([0, '']);
      return readAdapter(join(out, 'global'));
    };
    const own = aggregate('wrong-weighting', '--plugin', join(examples, 'broken-plugins', 'wrong-weighting.ts'));
    const mean = aggregate('weighted-mean');
    expect(own.layout.rank).toBe(mean.layout.rank);
    // The mean of A and B as FedIT takes it, and beside it the rest of the mean of products.
    expect(aggregate('fed-ex-lora').layout.rank).toBeGreaterThan(mean.layout.rank);
    expect(perfit('aggregate', '--aggregator', 'wrong-weighting', ...clients(), '--out', 'x').status).toBe(2);
  }, 60_000);

  it('weighs in proportion: 0.5 and 1.5 as 1 and 3, bit for bit', () => {
    const [a, b] = clients();
    const global = (weights: string) => {
      const out = join(scratch, `weights-${weights}`);
      expect(
        perfit('aggregate', '--aggregator', 'weighted-mean', '--weights', weights, a!, b!, '--out', out).status,
      ).toBe(0);
      return readFileSync(join(out, 'global', 'adapter_model.safetensors'));
    };
    expect(global('0.5,1.5').equals(global('5,15'))).toBe(true);
    expect(global('1,1').equals(global('1,3'))).toBe(false);
  });

  it('writes scores with the names of the adapter', () => {
    const rows = file('score-rows.jsonl', [row('one?', 'yes'), row('two?', 'no')].join('\n'));
    const out = join(scratch, 'scores.safetensors');
    expect(
      perfit(
        'scores',
        '--model',
        'tiny',
        '--adapter',
        clients()[0]!,
        '--data',
        rows,
        '--importance',
        'mixed',
        '--out',
        out,
      ).status,
    ).toBe(0);
    expect(readFileSync(out, 'latin1')).toContain('lora_A.weight');
  }, 60_000);

  it('generates greedily the same text twice', () => {
    const generate = () =>
      perfit(
        'generate',
        '--model',
        'tiny',
        '--adapter',
        clients()[0]!,
        '--prompt',
        '### Instruction:',
        '--max-new-tokens',
        '8',
        '--json',
      );
    const first = generate();
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout).ids.length).toBeGreaterThan(0);
    expect(generate().stdout).toBe(first.stdout);
  }, 60_000);

  it('exports a PEFT directory, and does not write over one', () => {
    const id = readdirSync(join(run, 'perfit', 'clients'))[0]!;
    const out = join(scratch, 'peft');
    expect(perfit('export', join(run, 'perfit'), '--client', id, '--out', out).status).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      r: 16,
    });
    expect(perfit('export', join(run, 'perfit'), '--client', id, '--out', out).stderr).toMatch(/already exists/);
  });
});

it('says how it is used when it is given nothing, and exits with 2', () => {
  const { status, stderr, stdout } = perfit();
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/Usage: perfit/);
});

describe('bad input: one line with package, value and cure, a status other than 0, no stack', () => {
  const cases: readonly (readonly [string, () => readonly string[], number, RegExp])[] = [
    ['a wrong key', () => ['run', file('key.yaml', 'rouns: 3')], 2, /unknown key 'rouns'.*Did you mean 'rounds'/],
    ['a wrong nested key', () => ['run', '--set', 'search={evry: 1}'], 2, /'evry' under search.*Did you mean 'every'/],
    ['a file for a folder', () => ['run', '--out', file('afile', 'x')], 1, /afile is a file/],
    ['a rank beyond reason', () => ['run', '--set', 'rank=1e12'], 2, /rank in .* 1000000000000/],
    ['a missing configuration', () => ['run', 'nowhere.yaml'], 2, /nowhere\.yaml.*ENOENT/],
    [
      'an unknown strategy',
      () => ['run', '--set', 'importance=frist'],
      2,
      /unknown importance 'frist'.*first.*magnitude/,
    ],
    ['a missing data set', () => ['run', '--set', 'data=nowhere'], 1, /nowhere/],
    [
      'a malformed row',
      () => ['evaluate', '--model', 'tiny', '--data', file('bad.jsonl', `${row('a', 'b')}\n{"instruction": 1}\n`)],
      1,
      /bad\.jsonl:2/,
    ],
    ['an empty file', () => ['evaluate', '--model', 'tiny', '--data', file('empty.jsonl', '')], 1, /empty\.jsonl/],
    ['an unknown model', () => ['evaluate', '--model', 'huge', '--data', file('x.jsonl', row('a', 'b'))], 1, /huge/],
    [
      'a truncated GGUF',
      () => ['generate', '--model', file('cut.gguf', 'GGUF\x03\x00\x00\x00'), '--prompt', 'x'],
      1,
      /cut\.gguf/,
    ],
    ['a missing option', () => ['export', run], 2, /--client/],
    ['an unknown command', () => ['rum'], 2, /rum.*Did you mean run/],
    ['an unknown option', () => ['run', '--outt', 'x'], 2, /--outt.*--out/],
    [
      'a client that is not there',
      () => ['export', join(run, 'perfit'), '--client', 'zz', '--out', join(scratch, 'zz')],
      1,
      /no client 'zz'/,
    ],
    [
      'an adapter of another shape',
      () => ['generate', '--model', 'tiny', '--prompt', 'x', '--adapter', otherShape()],
      1,
      /q_proj/,
    ],
    [
      'NaN in an adapter',
      () => ['aggregate', '--aggregator', 'weighted-mean', '--out', join(scratch, 'nan-out'), withNaN()],
      1,
      /NaN/,
    ],
    [
      'weights that do not fit',
      () => [
        'aggregate',
        '--aggregator',
        'weighted-mean',
        '--weights',
        '1,2',
        '--out',
        join(scratch, 'w'),
        join(run, 'perfit', 'clients', readdirSync(join(run, 'perfit', 'clients'))[0]!),
      ],
      2,
      /--weights 1,2 for 1/,
    ],
    ['a run that is not one', () => ['evaluate', '--run', scratch], 1, /not the complete run/],
    ['nothing to resume', () => ['run', '--out', join(scratch, 'none'), '--resume'], 1, /holds no run/],
  ];

  it.each(cases)(
    '%s',
    (_, args, status, message) => {
      const result = perfit(...args());
      expect(result.stderr).toMatch(message);
      expect(result.stderr).toMatch(/^\[perfit\/[a-z]+\] .+\. .+\.$/m);
      expect(result.stderr).not.toMatch(/^ {4}at /m);
      expect(result.stdout).toBe('');
      expect(result.status).toBe(status);
    },
    60_000,
  );

  function copyOfAdapter(name: string): string {
    const from = join(run, 'fedit', 'clients', readdirSync(join(run, 'fedit', 'clients'))[0]!);
    const to = join(scratch, name);
    mkdirSync(to, { recursive: true });
    for (const part of ['adapter_config.json', 'adapter_model.safetensors']) cpSync(join(from, part), join(to, part));
    return to;
  }
  /** The first tensor's bytes of a safetensors file. */
  function edit(
    path: string,
    change: (header: Record<string, { shape: number[]; data_offsets: number[] }>, data: Buffer) => void,
  ): void {
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    const data = bytes.subarray(8 + length);
    change(header, data);
    const text = JSON.stringify(header).padEnd(length);
    writeFileSync(path, Buffer.concat([bytes.subarray(0, 8), Buffer.from(text), data]));
  }
  function withNaN(): string {
    const directory = copyOfAdapter('nan');
    edit(join(directory, 'adapter_model.safetensors'), (_, data) => data.writeFloatLE(Number.NaN, 0));
    return directory;
  }
  function otherShape(): string {
    const directory = copyOfAdapter('shape');
    edit(join(directory, 'adapter_model.safetensors'), (header) => {
      const tensor = Object.entries(header).find(([name]) => name.includes('q_proj.lora_A'))![1];
      tensor.shape = [tensor.shape[0]! * 2, tensor.shape[1]! / 2];
    });
    return directory;
  }
});
