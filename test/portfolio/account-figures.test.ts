/** Our figures beside the venue's: what is within tolerance, and what is a drift. */
import { describe, expect, it } from 'vitest';
import { signedSize, usd } from '../../src/model/quantities.js';
import { accountFigures, figureDrifts } from '../../src/portfolio/account-figures.js';
import { btcSpec, ETH, ethSpec, oracle } from '../support/money-samples.js';

/** A position of 50 USD at 50,000, of 2.5 USD initial margin, and a flat one. */
const ours = accountFigures(usd(100_000_000n), [
  { size: signedSize(10_000_000n), spec: btcSpec, oracle: oracle(50_000) },
  { size: signedSize(0n), spec: { ...ethSpec, market: ETH }, oracle: oracle(3_000) },
]);
const exact = {
  usdc: usd(100_000_000n),
  equity: usd(150_000_000n),
  freeCollateral: usd(147_500_000n),
};

describe('the account’s figures', () => {
  it('are those of the open positions', () => {
    expect(ours).toMatchObject({ usdc: exact.usdc, equity: exact.equity, positions: 1 });
    expect([ours.notional, ours.unscaledFreeCollateral]).toEqual([50_000_000n, 147_500_000n]);
  });

  it.each<readonly [string, Partial<typeof exact>, number, readonly string[]]>([
    ['the same', {}, 0, []],
    ['a balance two units away', { usdc: usd(100_000_002n) }, 0, []],
    ['a balance three units away', { usdc: usd(99_999_997n) }, 0, ['usdc']],
    ['a balance three units away after a payment', { usdc: usd(99_999_997n) }, 1, []],
    ['prices 1 % away', { equity: usd(150_500_003n) }, 0, []],
    ['prices further away', { equity: usd(149_499_996n) }, 0, ['equity']],
    ['another margin', { freeCollateral: usd(148_000_004n) }, 0, ['freeCollateral']],
    [
      'everything',
      { usdc: usd(0n), equity: usd(0n), freeCollateral: usd(0n) },
      9,
      ['usdc', 'equity', 'freeCollateral'],
    ],
  ])('of %s differ as told', (_name, change, payments, figures) => {
    const drifts = figureDrifts(ours, { ...exact, ...change }, payments);
    expect(drifts.map(({ figure }) => figure)).toEqual(figures);
  });

  it('are told with both values and the tolerance', () => {
    expect(figureDrifts(ours, { ...exact, usdc: usd(7n) }, 4)).toEqual([
      { figure: 'usdc', ours: 100_000_000n, venue: 7n, tolerance: 6n },
    ]);
  });
});
