/** Forgetting goes by elapsed time, whatever the number of observations in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayingBand, DecayingRate, remaining } from '../../src/signals/decay.js';

describe('what remains', () => {
  it('is the same whether time passes in one step or in many', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (a, b) => {
        const together = remaining(a + b, 5_000);
        expect(remaining(a, 5_000) * remaining(b, 5_000)).toBeCloseTo(together, 12);
      }),
    );
  });

  it('does not grow when time goes back', () => {
    expect(remaining(-5, 100)).toBe(1);
  });
});

describe('a decaying rate', () => {
  it('is unknown before any time has passed', () => {
    const rate = new DecayingRate(1_000);
    rate.observe(0, 5);
    expect(rate.rate).toBeUndefined();
  });

  it('finds a steady rate at once, at any spacing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (gaps) => {
        const fine = new DecayingRate(100_000);
        for (const gap of gaps) fine.observe(gap, gap * 3);
        expect(fine.rate).toBeGreaterThan(2.9);
        expect(fine.rate).toBeLessThan(3.1);
      }),
    );
  });

  it('keeps its seed until there is news, then forgets it', () => {
    const rate = new DecayingRate(1_000);
    rate.seed(4);
    expect(rate.rate).toBe(4);
    rate.observe(10_000, 0);
    expect(rate.rate).toBeLessThan(0.001);
  });
});

describe('a decaying band', () => {
  it('ignores what took no time', () => {
    const band = new DecayingBand(1_000);
    band.observe(0, 99);
    expect([band.mean, band.deviation]).toEqual([0, 0]);
  });

  it('centres on a constant, without width', () => {
    const band = new DecayingBand(1_000);
    for (let i = 0; i < 50; i += 1) band.observe(10, 7);
    expect(band.mean).toBeCloseTo(7, 9);
    expect(band.deviation).toBeCloseTo(0, 9);
  });

  it('has the width of what alternates', () => {
    const band = new DecayingBand(100_000);
    for (let i = 0; i < 5_000; i += 1) band.observe(10, i % 2 === 0 ? 1 : 3);
    expect(band.mean).toBeCloseTo(2, 2);
    expect(band.deviation).toBeCloseTo(1, 2);
  });
});
