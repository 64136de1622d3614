/** What of a difference may be funding that is not told yet. */
import { describe, expect, it } from 'vitest';
import { usd, unixMs } from '../../src/model/quantities.js';
import { FundingRoom, hourlyFunding } from '../../src/portfolio/funding-room.js';

const HOUR_MS = 3_600_000;
const at = (hours: number) => unixMs(hours * HOUR_MS);
const THOUSAND = usd(1_000_000_000n);

describe('hourlyFunding', () => {
  it.each([
    { rate1h: 0.001, most: 4_000_000n, why: 'four times the forecast' },
    { rate1h: -0.001, most: 4_000_000n, why: 'of either sign' },
    { rate1h: 0, most: 125_000n, why: 'and where it says nothing, ten times the usual rate' },
    { rate1h: undefined, most: 125_000n, why: 'or is not known' },
    { rate1h: Number.NaN, most: 125_000n, why: 'or is no number' },
    { rate1h: Infinity, most: 125_000n, why: 'or has no end' },
  ])('of 1,000 USD at $rate1h an hour is at most $most units: $why', ({ rate1h, most }) => {
    expect(hourlyFunding([{ notional: THOUSAND, rate1h }])).toBe(most);
  });

  it('adds up over the markets, and is nothing where nothing is held', () => {
    const held = { notional: THOUSAND, rate1h: 0.001 };
    expect(hourlyFunding([held, held])).toBe(8_000_000n);
    expect(hourlyFunding([])).toBe(0n);
  });
});

describe('FundingRoom', () => {
  it('is nothing before a full hour has passed, then one payment, and never more than two', () => {
    const room = new FundingRoom();
    room.note(usd(5n), at(10.2));
    expect([10.9, 11, 11.9, 12, 15].map((hours) => room.at(at(hours)))).toEqual([
      0n,
      5n,
      5n,
      10n,
      10n,
    ]);
  });

  it('keeps what was held at the hour when the position is gone before its row comes', () => {
    const room = new FundingRoom();
    room.note(usd(5n), at(10.2));
    room.note(usd(0n), at(10.2));
    expect(room.at(at(11))).toBe(5n);
    room.note(usd(1n), at(11.01));
    expect(room.at(at(12))).toBe(1n);
  });

  it('is nothing while the balance was never opened', () => {
    const room = new FundingRoom();
    room.note(usd(5n), undefined);
    expect(room.at(at(12))).toBe(0n);
  });
});
