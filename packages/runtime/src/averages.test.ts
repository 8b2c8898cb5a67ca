import fc from 'fast-check';
import { averagesOf, perplexity } from './averages.js';

describe('averagesOf', () => {
  it('gives the three averages of a case worked by hand', () => {
    const losses = [
      { lossSum: 2, tokens: 2 },
      { lossSum: 12, tokens: 4 },
    ];
    expect(averagesOf(losses)).toEqual({
      clientMean: (Math.E + Math.exp(3)) / 2,
      expMeanLoss: Math.exp(2),
      tokenWeighted: Math.exp(14 / 6),
    });
  });

  it('leaves out clients without a figure and is null without any', () => {
    expect(averagesOf([null, { lossSum: 1, tokens: 1 }]).clientMean).toBe(Math.E);
    expect(averagesOf([null])).toEqual({ clientMean: null, expMeanLoss: null, tokenWeighted: null });
  });

  it('law 10: the three agree when all clients agree, and clientMean ≥ expMeanLoss always (Jensen)', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ lossSum: fc.double({ min: 0, max: 50, noNaN: true }), tokens: fc.integer({ min: 1, max: 100 }) }),
          { minLength: 1, maxLength: 9 },
        ),
        (losses) => {
          const { clientMean, expMeanLoss, tokenWeighted } = averagesOf(losses);
          expect(clientMean! * (1 + 1e-12)).toBeGreaterThanOrEqual(expMeanLoss!);
          const single = averagesOf([losses[0]!, losses[0]!]);
          for (const value of Object.values(single)) expect(value! / perplexity(losses[0]!)).toBeCloseTo(1, 10);
          expect(tokenWeighted).toBeGreaterThan(0);
        },
      ),
    );
  });
});
