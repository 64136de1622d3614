/** Markets change with the next block, not before. */
import { describe, expect, it } from 'vitest';
import { block, place, quietExchange, story } from '../../support/exchange-driver.js';

describe('a change of a market', () => {
  it('counts from the next block on, and is told', () => {
    const exchange = quietExchange();
    exchange.apply({ type: 'market', clobPairId: 0, change: { status: 'FINAL_SETTLEMENT' } });
    expect(place(exchange, 'alice', 1).check.code).toBe(0);
    expect(story(block(exchange))).toContain('market 0');
    expect(exchange.markets()[0]?.market.status).toBe('FINAL_SETTLEMENT');
    expect(place(exchange, 'alice', 2).check.code).toBe(34);
  });

  it('of a market that does not exist is an error', () => {
    const change = { type: 'market', clobPairId: 99, change: {} } as const;
    expect(() => quietExchange().apply(change)).toThrow('expected a clob pair, was 99');
  });
});

describe('a jump of the oracle price', () => {
  it('multiplies the price in the next block', () => {
    const exchange = quietExchange();
    const before = exchange.markets()[0]?.oraclePriceE12 ?? 0n;
    exchange.apply({ type: 'oracleJump', clobPairId: 0, ratioPpm: 1_100_000 });
    expect(exchange.markets()[0]?.oraclePriceE12).toBe(before);
    expect(story(block(exchange))).toContain(`oracle ${(before * 11n) / 10n}`);
    expect(exchange.markets()[0]?.oraclePriceE12).toBe((before * 11n) / 10n);
  });

  it('by an impossible ratio is an error', () => {
    const jump = { type: 'oracleJump', clobPairId: 0, ratioPpm: 0 } as const;
    expect(() => quietExchange().apply(jump)).toThrow('expected a ratio');
  });
});
