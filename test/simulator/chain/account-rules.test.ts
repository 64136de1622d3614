/**
 * What a match asks of the accounts: isolated markets, fee tiers by volume, builders' fees, and an
 * oracle price that jumps under a lively market.
 */
import { describe, expect, it } from 'vitest';
import type { FeeTier } from '../../../src/simulator/chain-messages.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import type { Exchange, ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import type { PlaceOrder } from '../../../src/simulator/order-terms.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import {
  START_HEIGHT,
  START_MS,
  block,
  fund,
  orderOf,
  quietExchange,
  place,
  story,
  subaccount,
} from '../../support/exchange-driver.js';

const MILLION = 1_000_000n;
const ONE_BTC = 10n ** 10n;

/** BTC-USD and ETH-USD, the second one isolated; alice and bob are rich. */
function twoMarkets(): Exchange {
  const { markets, oraclePricesE12 } = marketsOf(2);
  const exchange = createExchange({
    seed: 1,
    markets: markets.map((market, index) => ({
      ...market,
      marketType: index === 1 ? ('ISOLATED' as const) : ('CROSS' as const),
    })),
    oraclePricesE12,
    startTimeMs: START_MS,
    startHeight: START_HEIGHT,
    takerFeePpm: 0,
    makerFeePpm: 0,
    preset: 'none',
  });
  for (const owner of ['alice', 'bob', 'carol']) fund(exchange, owner, 100_000n * MILLION);
  return exchange;
}

const ETH = marketsOf(2).markets[1]?.clobPairId ?? 0;

/** An order for one ether at 3 000 USD. */
const ether = (owner: string, clientId: number, side: PlaceOrder['side']): PlaceOrder => {
  const order = orderOf(owner, clientId, {
    side,
    quantums: 10n ** 9n,
    subticks: 3_000_000_000n,
  });
  return { ...order, id: { ...order.id, clobPairId: ETH } };
};

describe('an account with a position in a cross market', () => {
  const holding = (): Exchange => {
    const exchange = twoMarkets();
    place(exchange, 'bob', 1, { side: 'SELL' });
    place(exchange, 'alice', 1);
    block(exchange);
    return exchange;
  };

  it('may not take in an isolated one', () => {
    const exchange = holding();
    exchange.apply({ type: 'place', order: ether('carol', 1, 'SELL') });
    const { check, outputs } = exchange.apply({ type: 'place', order: ether('alice', 2, 'BUY') });
    expect(check).toMatchObject({ code: 2005, codespace: 'clob' });
    expect(story(outputs)).toEqual([
      'alice 2 BEST_EFFORT_OPENED',
      'alice 2 BEST_EFFORT_CANCELED VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS',
    ]);
  });

  it('may quote there until somebody takes the quote', () => {
    const exchange = holding();
    expect(exchange.apply({ type: 'place', order: ether('alice', 2, 'BUY') }).check.code).toBe(0);
    const { check, outputs } = exchange.apply({ type: 'place', order: ether('carol', 1, 'SELL') });
    expect(check.code).toBe(0);
    expect(story(outputs)).toContain(
      'alice 2 BEST_EFFORT_CANCELED VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS',
    );
  });
});

describe('an account with an isolated position', () => {
  it('may change that one and no other', () => {
    const exchange = twoMarkets();
    exchange.apply({ type: 'place', order: ether('carol', 1, 'SELL') });
    exchange.apply({ type: 'place', order: ether('alice', 1, 'BUY') });
    place(exchange, 'bob', 1, { side: 'SELL' });
    expect(place(exchange, 'alice', 2).check.code).toBe(2005);
    exchange.apply({ type: 'place', order: ether('carol', 2, 'BUY') });
    expect(exchange.apply({ type: 'place', order: ether('alice', 3, 'SELL') }).check.code).toBe(0);
    block(exchange);
    expect(exchange.subaccount(subaccount('alice'))?.positions).toEqual([]);
    expect(place(exchange, 'alice', 4, { timeInForce: 'IOC' }).check.code).toBe(0);
    block(exchange);
    expect(exchange.subaccount(subaccount('alice'))?.positions).toHaveLength(1);
  });
});

describe('fees', () => {
  const TIERS: readonly FeeTier[] = [
    { name: '1', volumeRequired: 0n, takerFeePpm: 500, makerFeePpm: 100 },
    { name: '2', volumeRequired: 90_000n * MILLION, takerFeePpm: 300, makerFeePpm: -50 },
  ];

  it('fall when the address has traded enough, for thirty days', () => {
    const exchange = quietExchange({ feeTiers: TIERS, preset: 'none' });
    const trade = (clientId: number, goodTilBlock: number) => {
      place(exchange, 'bob', clientId, { side: 'SELL', quantums: ONE_BTC, goodTilBlock });
      place(exchange, 'alice', clientId, { quantums: ONE_BTC, goodTilBlock });
      block(exchange);
      return exchange.fills(subaccount('alice'))[0]?.fee;
    };
    expect(exchange.feeTierOf('alice').name).toBe('1');
    expect(trade(1, START_HEIGHT + 10)).toBe(47_260_000n);
    expect(exchange.volume30d('alice')).toBe(94_520n * MILLION);
    expect(exchange.feeTierOf('alice').name).toBe('2');
    expect(trade(2, START_HEIGHT + 10)).toBe(28_356_000n);
    expect(exchange.fills(subaccount('bob'))[0]?.fee).toBe(-4_726_000n);
    exchange.apply({ type: 'block', timeMs: START_MS + 31 * 86_400_000 });
    expect(exchange.volume30d('alice')).toBe(0n);
    expect(exchange.feeTierOf('alice').name).toBe('1');
  });

  it('of a builder come on top and go to his wallet', () => {
    const exchange = quietExchange({ takerFeePpm: 500, makerFeePpm: 0, preset: 'none' });
    place(exchange, 'bob', 1, { side: 'SELL', quantums: ONE_BTC });
    place(exchange, 'alice', 1, {
      quantums: ONE_BTC,
      builder: { address: 'builder', feePpm: 1_000 },
    });
    block(exchange);
    expect(exchange.fills(subaccount('alice'))).toMatchObject([
      { fee: 47_260_000n, builderFee: 94_520_000n },
    ]);
    expect(exchange.wallet('builder').usdc).toBe(94_520_000n);
    expect(exchange.subaccount(subaccount('alice'))?.quoteQuantums).toBe(
      100_000n * MILLION - 94_520n * MILLION - 47_260_000n - 94_520_000n,
    );
  });
});

describe('an oracle price that jumps', () => {
  it('takes the seeded traders with it, and stays', () => {
    const exchange = quietExchange({ preset: 'calm' });
    const outputs: ExchangeOutput[] = [];
    const run = (seconds: number): void => {
      for (let turn = 0; turn < seconds * 2; turn += 1) {
        exchange.apply({ type: 'flow', timeMs: exchange.timeMs + 500 });
        outputs.push(...exchange.apply({ type: 'block', timeMs: exchange.timeMs + 500 }).outputs);
      }
    };
    run(10);
    const before = Number(exchange.markets()[0]?.oraclePriceE12);
    exchange.apply({ type: 'oracleJump', clobPairId: 0, ratioPpm: 950_000 });
    run(30);
    const after = Number(exchange.markets()[0]?.oraclePriceE12);
    expect(Math.abs(after / before / 0.95 - 1)).toBeLessThan(0.01);
    const { bids, asks } = exchange.book(0, 1);
    const middle = Number((bids[0]?.subticks ?? 0n) + (asks[0]?.subticks ?? 0n)) / 2;
    expect(Math.abs(middle / (after / 1e7) - 1)).toBeLessThan(0.01);
  });
});

describe('subaccounts beyond the limit', () => {
  // Alice, bob and carol, and room for one.
  const crowded = (): Exchange => quietExchange({ subaccountsMax: 4, preset: 'none' });
  const from = (exchange: Exchange, number: number) => {
    const order = orderOf('alice', 1);
    const id = { ...order.id, subaccount: subaccount('alice', number) };
    return exchange.apply({ type: 'place', order: { ...order, id } }).check;
  };

  it('may not place, and those that exist may', () => {
    const exchange = crowded();
    expect([1, 2, 1, 0].map((number) => from(exchange, number).code)).toEqual([0, 20, 20, 0]);
  });

  it('are not opened by a cancel, which is told all the same', () => {
    const exchange = crowded();
    for (const number of [1, 2, 3]) {
      const id = { ...orderOf('alice', 1).id, subaccount: subaccount('alice', number) };
      const cancel = { id, goodTilBlock: START_HEIGHT + 5, goodTilBlockTime: 0 };
      expect(exchange.apply({ type: 'cancel', cancel }).outputs).toHaveLength(1);
    }
    expect(from(exchange, 4).code).toBe(0);
  });

  it('receive no transfer', () => {
    const exchange = crowded();
    from(exchange, 1);
    const sent = [1, 2].map((number) =>
      exchange.apply({
        type: 'transaction',
        transaction: {
          hash: `T${number}`,
          feePayer: 'alice',
          feeDenom: 'usdc',
          fee: 0n,
          messages: [
            {
              type: 'transfer',
              from: subaccount('alice'),
              to: subaccount('alice', number),
              quoteQuantums: MILLION,
            },
          ],
        },
      }),
    );
    expect(sent.map(({ check }) => check.code)).toEqual([0, 20]);
  });
});
