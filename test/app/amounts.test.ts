/** Amounts as people read them. */
import { describe, expect, it } from 'vitest';
import { driftText, priceText, sizeText } from '../../src/app/amounts.js';
import { price, signedSize, size } from '../../src/model/quantities.js';
import { BTC, btcSpec, ETH } from '../support/money-samples.js';

describe('amounts in words', () => {
  it('are decimal text where the market is listed', () => {
    expect(sizeText(btcSpec, signedSize(-530_000_000n))).toBe('-0.053');
    expect(priceText(btcSpec, price(5_000_100_000n))).toBe('50001');
  });

  it("are the chain's integers, named as such, where it is not", () => {
    expect(sizeText(undefined, size(53n))).toBe('53 quantums');
    expect(priceText(undefined, price(7n))).toBe('7 subticks');
  });

  it('name both sides of every difference', () => {
    const drifts = [
      { market: BTC, ours: signedSize(10_000_000n), venue: signedSize(0n) },
      { market: ETH, ours: signedSize(0n), venue: signedSize(-2n) },
    ];
    const specOf = (market: string) => (market === BTC ? btcSpec : undefined);
    expect(driftText(drifts, specOf)).toBe(
      'BTC-USD: ours 0.001, venue 0; ETH-USD: ours 0 quantums, venue -2 quantums',
    );
  });
});
