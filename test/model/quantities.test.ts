/** The brands check what they are given, and divisions round the way they say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as q from '../../src/model/quantities.js';
import { assert, Failure, InvariantError, unwrap } from '../../src/model/result.js';

const UUID = '0f0981cb-152e-57d3-bea9-4d8e0dd5ed35';

describe('constructors', () => {
  it.each<[string, () => unknown]>([
    ['ticks of 0', () => q.ticks(0)],
    ['ticks of a fraction', () => q.ticks(1.5)],
    ['ticks beyond the safe integers', () => q.ticks(2 ** 53)],
    ['negative steps', () => q.steps(-1)],
    ['a price of 0', () => q.price(0n)],
    ['a negative size', () => q.size(-1n)],
    ['an oracle price of 0', () => q.oraclePrice(0n)],
    ['a height that is not a number', () => q.blockHeight(Number.NaN)],
    ['a client id above uint32', () => q.clientId(2 ** 32)],
    ['a market without its quote', () => q.marketId('BTCUSD')],
    ['an order id that is no UUID', () => q.orderId('x')],
    ['a fill id that is no UUID', () => q.fillId('x')],
    ['a time that is not finite', () => q.unixMs(Infinity)],
    ['a negative exponent', () => q.powerOfTen(-1)],
    ['a division by zero', () => q.divideFloor(1n, 0n)],
  ])('refuse %s', (_, make) => {
    expect(make).toThrow(InvariantError);
  });

  it('pass what is right', () => {
    expect([
      q.ticks(1),
      q.steps(0),
      q.price(1n),
      q.size(0n),
      q.signedSize(-3n),
      q.usd(-1n),
    ]).toEqual([1, 0, 1n, 0n, -3n, -1n]);
    expect([
      q.marketId('BTC-USD'),
      q.orderId(UUID),
      q.fillId(UUID),
      q.clientId(2 ** 32 - 1),
      q.unixMs(0.5),
    ]).toEqual(['BTC-USD', UUID, UUID, 4_294_967_295, 0.5]);
    expect(q.isMarketId('1INCH-USD')).toBe(true);
    expect(q.isMarketId('-USD')).toBe(false);
  });
});

describe('arithmetic', () => {
  it('brackets the exact quotient between floor and ceiling', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 20n }), (dividend, divisor) => {
        const floor = q.divideFloor(dividend, divisor);
        const ceil = q.divideCeil(dividend, divisor);
        expect(floor * divisor <= dividend && dividend < (floor + 1n) * divisor).toBe(true);
        expect((ceil - 1n) * divisor < dividend && dividend <= ceil * divisor).toBe(true);
      }),
    );
  });

  it('knows magnitude and order', () => {
    expect([
      q.absolute(-5n),
      q.absolute(5n),
      q.largest(1n, 2n),
      q.largest(2n, 1n),
      q.smallest(1n, 2n),
      q.smallest(2n, 1n),
    ]).toEqual([5n, 5n, 2n, 2n, 1n, 1n]);
  });
});

describe('results and failures', () => {
  it('unwrap a value and stop on a fault', () => {
    expect(unwrap({ ok: true, value: 7 })).toBe(7);
    expect(() => unwrap({ ok: false, error: { code: 'a.b', message: 'c' } })).toThrow('a.b: c');
    expect(() => assert(false, 'broken')).toThrow(InvariantError);
    assert(true, 'never');
  });

  it('say whether trying again can help, and why it failed', () => {
    const cause = new Error('inner');
    const failure = new Failure('x.y', 'words', { retryable: true, cause });
    expect([failure.code, failure.retryable, failure.cause, failure.name]).toEqual([
      'x.y',
      true,
      cause,
      'Failure',
    ]);
    expect(new Failure('x.y', 'words', { retryable: false }).cause).toBeUndefined();
  });
});
