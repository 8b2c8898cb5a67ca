import {
  compactRanks,
  createLayout,
  embedAdapter,
  fullArchitecture,
  isLive,
  livePositions,
  mergeDelta,
  mirroredPairs,
  parametersAtRank,
  rankArchitecture,
  slotsBySite,
} from './index.js';
import { sampleLayout, sampleSites } from './testing.js';

test('a lower rank keeps the first rows of A and the first columns of B: as many as plain LoRA of that rank', () => {
  const layout = sampleLayout(5);
  for (let rank = 0; rank <= 5; rank++) {
    const mask = rankArchitecture(layout, rank);
    expect(mask.live).toBe(parametersAtRank(layout.sites, rank));
    for (const { A, B, site } of slotsBySite(layout)) {
      for (let k = 0; k < 5; k++)
        for (let i = 0; i < site.in; i++) expect(isLive(mask, A.offset + k * site.in + i)).toBe(k < rank);
      for (let o = 0; o < site.out; o++)
        for (let k = 0; k < 5; k++) expect(isLive(mask, B.offset + o * 5 + k)).toBe(k < rank);
    }
  }
});

test.each([-1, 6, 1.5])('rank %p does not fit', (rank) => {
  expect(() => rankArchitecture(sampleLayout(5), rank)).toThrow(expect.objectContaining({ code: 'lora/bad-layout' }));
});

test('sites of different ranks are cut each at its own', () => {
  const layout = createLayout(sampleSites(1), ({ name }) => (name.includes('q_proj') ? 4 : 1));
  const q = layout.sites.find(({ name }) => name.includes('q_proj'))!;
  const others = layout.sites.filter((site) => site !== q);
  expect(rankArchitecture(layout, 2).live).toBe(parametersAtRank([q], 2) + parametersAtRank(others, 1));
});

test('adapters of different ranks share one layout and one scale: there and back nothing changes', () => {
  const large = sampleLayout(6);
  for (const rank of [1, 3, 6]) {
    const layout = sampleLayout(rank);
    const values = Float32Array.from({ length: layout.size }, (_, p) => Math.sin(p + 1));
    const own = { layout, values, architecture: fullArchitecture(layout.size) };
    const embedded = embedAdapter(own, large);
    expect(embedded.architecture).toEqual(rankArchitecture(large, rank));
    for (const site of layout.sites)
      expect(mergeDelta(large, embedded.values, site, 1.5)).toEqual(mergeDelta(layout, values, site, 1.5));
    expect(compactRanks(large, embedded)).toEqual(own);
  }
});

test('twins pair every position of an even rank once, and each other by rank only', () => {
  const layout = sampleLayout(4);
  const { first, second } = mirroredPairs(layout);
  expect([...first, ...second].sort((a, b) => a - b)).toEqual([...Array(layout.size).keys()]);
  const place = (position: number) => {
    const slot = layout.slots.find(({ offset, size }) => position >= offset && position < offset + size)!;
    const [row, column] = [
      Math.floor((position - slot.offset) / slot.columns),
      (position - slot.offset) % slot.columns,
    ];
    return slot.factor === 'A' ? { slot, k: row, other: column } : { slot, k: column, other: row };
  };
  first.forEach((position, i) => {
    const [a, b] = [place(position), place(second[i])];
    expect([b.slot, b.k, b.other]).toEqual([a.slot, a.k + 1, a.other]);
    expect(a.k % 2).toBe(0);
  });
});

test('the last rank of an odd number has no twin', () => {
  const odd = mirroredPairs(sampleLayout(3));
  expect(odd.first).toHaveLength(parametersAtRank(sampleSites(), 1));
  expect(mirroredPairs(sampleLayout(1)).first).toHaveLength(0);
  const layout = sampleLayout(3);
  const paired = new Set([...odd.first, ...odd.second]);
  const below = livePositions(rankArchitecture(layout, 2));
  expect([...paired].sort((a, b) => a - b)).toEqual([...below]);
});
