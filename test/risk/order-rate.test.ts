/** The sliding minute. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unixMs } from '../../src/model/quantities.js';
import { OrderRate } from '../../src/risk/order-rate.js';

describe('the order rate', () => {
  it('counts the orders of the last minute, and a minute old one no more', () => {
    const rate = new OrderRate();
    for (const at of [0, 1000, 59_999]) rate.record(unixMs(at));
    expect(rate.count(unixMs(59_999))).toBe(3);
    expect(rate.count(unixMs(60_000))).toBe(2);
    expect(rate.count(unixMs(120_000))).toBe(0);
  });

  it('stays at its capacity in a flood', () => {
    const rate = new OrderRate(3);
    for (let at = 0; at < 10; at += 1) rate.record(unixMs(at));
    expect(rate.count(unixMs(10))).toBe(3);
  });

  it('agrees with counting them one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 50 }), (gaps) => {
        const rate = new OrderRate();
        const times: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          times.push(now);
          rate.record(unixMs(now));
          const end = now;
          expect(rate.count(unixMs(now))).toBe(times.filter((at) => end - at < 60_000).length);
        }
      }),
    );
  });
});
