import fc from 'fast-check';
import { createLayout, factorName, parametersAtRank, selectSites, slotsBySite } from './index.js';
import { sampleSites } from './testing.js';

const refuses = (code: string) => expect.objectContaining({ code: `lora/${code}` });

describe('layout', () => {
  test('slots tile θ in the sorted order of their PEFT names, whatever order the sites come in', () => {
    const sites = sampleSites(12);
    const layout = createLayout(sites, 3);
    const names = layout.slots.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names[0]).toBe('base_model.model.model.layers.0.mlp.down_proj.lora_A.weight');
    expect(names.findIndex((name) => name.includes('layers.10.'))).toBeLessThan(
      names.findIndex((name) => name.includes('layers.2.')),
    );
    let expected = 0;
    for (const { offset, rows, columns, size, factor, site } of layout.slots) {
      expect(offset).toBe(expected);
      expect([rows, columns]).toEqual(factor === 'A' ? [3, site.in] : [site.out, 3]);
      expect(size).toBe(rows * columns);
      expected += size;
    }
    expect(layout.size).toBe(expected);
    expect(layout.size).toBe(parametersAtRank(sites, 3));
    expect(createLayout([...sites].reverse(), 3)).toEqual(layout);
  });

  test('a rank for each site: the largest is the layout’s, rank 0 leaves the site out', () => {
    const sites = sampleSites(1);
    const layout = createLayout(sites, ({ name }) => (name.includes('q_proj') ? 3 : name.includes('mlp') ? 1 : 0));
    expect(layout.rank).toBe(3);
    expect(slotsBySite(layout).map(({ A, B }) => [A.rows, A.columns, B.rows, B.columns])).toEqual([
      [1, 10, 6, 1],
      [3, 6, 8, 3],
    ]);
  });

  test('no sites, no positions', () => {
    expect(createLayout([], 2)).toEqual({ sites: [], rank: 2, slots: [], size: 0 });
  });

  test.each([0, -1, 1.5, Number.NaN])('rank %p is refused', (rank) => {
    expect(() => createLayout(sampleSites(1), rank)).toThrow(refuses('bad-layout'));
    expect(() => createLayout([], rank)).toThrow(refuses('bad-layout'));
  });

  test('repeated names and impossible sizes are refused', () => {
    const [site] = sampleSites(1);
    expect(() => createLayout([site, { ...site }], 2)).toThrow(
      /\[perfit\/lora\] two sites are named "model\.layers\.0/,
    );
    expect(() => createLayout([{ ...site, in: 0 }], 2)).toThrow(refuses('bad-layout'));
  });

  test('factor names are PEFT’s', () => {
    expect(factorName('model.layers.0.self_attn.q_proj', 'B')).toBe(
      'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
    );
  });
});

describe('selectSites', () => {
  const sites = sampleSites(30);
  const select = (...targets: string[]) =>
    selectSites(sites, targets).map(({ name }) => name.replace('model.layers.', ''));

  test.each<[string, number]>([
    ['q', 30],
    ['q_proj', 30],
    ['self_attn.q_proj', 30],
    ['down', 30],
    ['model.layers.1.mlp.down_proj', 1],
    ['layers.1.mlp.down_proj', 1],
    ['layers.1[5-9].*q_proj', 5],
    ['layers.1.*q_proj', 1],
    ['layers.*.q_proj', 30],
    ['*', 150],
    ['*q_proj', 30],
    ['.*q_proj', 30],
    ['layers.2?.self_attn.[qv]_proj', 20],
    ['layers.{28,29}.*', 10],
    ['layers.{28,2?}.self_attn.{k,o}_proj', 20],
    ['layers.[!0-9]*', 0],
    ['.*\\.(1[5-9]|2[0-9])\\..*q_proj', 15],
    ['layers\\.\\d+\\.mlp\\.down_proj', 30],
    ['(q|v)_proj', 60],
    ['^model.layers.3.*_proj$', 5],
  ])('%s means %i sites', (target, count) => {
    if (count) expect(select(target)).toHaveLength(count);
    else expect(() => select(target)).toThrow(refuses('unknown-target'));
  });

  test('keeps the order of the sites and names each once', () => {
    expect(select('v', 'q', 'q_proj', 'layers.0.*').slice(0, 7)).toEqual([
      '0.self_attn.q_proj',
      '0.self_attn.k_proj',
      '0.self_attn.v_proj',
      '0.self_attn.o_proj',
      '0.mlp.down_proj',
      '1.self_attn.q_proj',
      '1.self_attn.v_proj',
    ]);
  });

  test('an unknown target lists what exists', () => {
    expect(() => select('q', 'gate')).toThrow(
      'no projection matches "gate". This model has q_proj, k_proj, v_proj, o_proj, down_proj in layers 0–29.',
    );
    expect(() => select('proj')).toThrow(refuses('unknown-target'));
    expect(() => select('rs.1.self_attn.q_proj')).toThrow(refuses('unknown-target'));
  });

  test('no target, an empty one and a broken pattern are refused', () => {
    expect(() => select()).toThrow(refuses('bad-target'));
    expect(() => select('q', '')).toThrow(refuses('bad-target'));
    expect(() => select('layers.(')).toThrow(refuses('bad-target'));
  });

  test('any text selects a subset or is refused with a code', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'layers.q*?[]{}()|\\^$+,1!-_proj'), maxLength: 12 }),
        (target) => {
          try {
            expect(selectSites(sites, [target]).length).toBeGreaterThan(0);
          } catch (thrown) {
            expect((thrown as { code: string }).code).toMatch(/^lora\/(unknown|bad)-target$/);
          }
        },
      ),
    );
  });
});
