/** Which code the chain answers to which stateful order or cancel, before it waits for a block. */
import { describe, expect, it } from 'vitest';
import type { CheckResult, Exchange } from '../../../src/simulator/exchange-types.js';
import type { TwapTerms } from '../../../src/simulator/order-terms.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import {
  ORACLE,
  START_SECONDS,
  STEP,
  TICK,
  block,
  cancelStateful,
  idOf,
  orderOf,
  place,
  placeStateful,
  quietExchange,
  statefulOf,
  submit,
} from '../../support/exchange-driver.js';

type Terms = NonNullable<Parameters<typeof statefulOf>[2]>;
type Case = readonly [name: string, code: number, terms: Terms];

const DAY = 86_400;
const STOP = { orderFlags: 32, condition: { type: 'STOP_LOSS', triggerSubticks: ORACLE } } as const;
const twapOf = (terms: Partial<TwapTerms>): Terms => ({
  orderFlags: 128,
  twap: { durationSeconds: 300, intervalSeconds: 30, priceTolerancePpm: 10_000, ...terms },
});

const refusals: readonly Case[] = [
  ['an unknown clob pair', 8, { id: { ...idOf('alice', 1), orderFlags: 64, clobPairId: 9 } }],
  ['a price between two ticks', 12, { subticks: ORACLE + 1n }],
  ['a size between two steps', 12, { quantums: STEP + 1n }],
  ['no good-til-block-time', 3001, { goodTilBlockTime: 0 }],
  ['IOC although long-term', 3002, { timeInForce: 'IOC' }],
  ['a time that has passed', 3003, { goodTilBlockTime: START_SECONDS }],
  ['a time beyond 95 days', 3004, { goodTilBlockTime: START_SECONDS + 95 * DAY + 1 }],
  ['more than its collateral', 3007, { quantums: 1_000_000n * STEP }],
  ['an unregistered router', 11_000, { orderRouterAddress: 'router' }],
  ['a condition although long-term', 6000, { condition: STOP.condition }],
  ['no condition although conditional', 6000, { orderFlags: 32 }],
  ['no trigger price', 6001, { ...STOP, condition: { type: 'TAKE_PROFIT', triggerSubticks: 0n } }],
  [
    'a trigger price between two ticks',
    12,
    { ...STOP, condition: { type: 'TAKE_PROFIT', triggerSubticks: ORACLE + 1n } },
  ],
  ['reduce-only that may rest', 9003, { ...STOP, reduceOnly: true }],
  ['no TWAP terms', 49, { orderFlags: 128 }],
  ['too short a TWAP', 49, twapOf({ durationSeconds: 299 })],
  ['too long a TWAP', 49, twapOf({ durationSeconds: 86_430 })],
  ['too short an interval', 49, twapOf({ intervalSeconds: 29 })],
  ['an interval that does not divide the duration', 49, twapOf({ intervalSeconds: 31 })],
  ['a tolerance of everything', 49, twapOf({ priceTolerancePpm: 1_000_000 })],
  ['legs below one step', 49, { ...twapOf({}), quantums: 9n * STEP }],
  ['no price although long-term', 6, { subticks: 0n }],
];

describe('a stateful order', () => {
  it.each(refusals)('with %s is refused with code %i', (_, code, terms) => {
    const exchange = quietExchange();
    expect(placeStateful(exchange, 'alice', 1, terms)).toMatchObject({ code, codespace: 'clob' });
    expect(block(exchange).some(({ type }) => type === 'transaction')).toBe(false);
  });

  it.each<readonly [string, Terms]>([
    ['a time of 95 days', { goodTilBlockTime: START_SECONDS + 95 * DAY }],
    ['a condition', STOP],
    ['a registered router', { orderRouterAddress: 'dydx165sfn2k3vucvq7gklauy2r3agyjw4c3m60ascn' }],
    ['TWAP terms and no price', { ...twapOf({}), subticks: 0n }],
    ['a condition and more than its collateral', { ...STOP, quantums: 1_000_000n * STEP }],
  ])('with %s is accepted', (_, terms) => {
    expect(placeStateful(quietExchange(), 'alice', 1, terms).code).toBe(0);
  });

  it.each(['INITIALIZING', 'FINAL_SETTLEMENT'] as const)(
    'in a market that is %s gets 34',
    (status) => {
      const terms = { timeInForce: 'POST_ONLY', subticks: ORACLE - TICK } as const;
      const exchange = quietExchange({ parameters: { status } });
      expect(placeStateful(exchange, 'alice', 1, terms).code).toBe(34);
    },
  );
});

const histories: readonly (readonly [string, number, (exchange: Exchange) => CheckResult])[] = [
  [
    'a second placement before the block',
    3005,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      return placeStateful(exchange, 'alice', 1);
    },
  ],
  [
    'a second placement after the block',
    3005,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      block(exchange);
      return placeStateful(exchange, 'alice', 1);
    },
  ],
  [
    'a placement while the cancel of its id is on its way',
    3008,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      block(exchange);
      cancelStateful(exchange, 'alice', 1);
      return placeStateful(exchange, 'alice', 1);
    },
  ],
  [
    'a placement after the cancel of its id was committed',
    0,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      block(exchange);
      cancelStateful(exchange, 'alice', 1);
      block(exchange);
      return placeStateful(exchange, 'alice', 1);
    },
  ],
  ['a cancel of nothing', 3006, (exchange) => cancelStateful(exchange, 'alice', 1)],
  [
    'a cancel before its order was committed',
    0,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      return cancelStateful(exchange, 'alice', 1);
    },
  ],
  [
    'a second cancel',
    32,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      cancelStateful(exchange, 'alice', 1);
      return cancelStateful(exchange, 'alice', 1);
    },
  ],
  [
    'a cancel with an earlier time than its order',
    29,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      return cancelStateful(exchange, 'alice', 1, { goodTilBlockTime: START_SECONDS + 99 });
    },
  ],
  [
    'a cancel whose time has passed',
    3003,
    (exchange) => cancelStateful(exchange, 'alice', 1, { goodTilBlockTime: START_SECONDS }),
  ],
  [
    'a third placement in one block',
    5001,
    (exchange) => {
      placeStateful(exchange, 'alice', 1);
      placeStateful(exchange, 'alice', 1);
      return placeStateful(exchange, 'alice', 3);
    },
  ],
  [
    'the twenty-first placement in 100 blocks',
    5001,
    (exchange) => {
      for (let id = 1; id <= 20; id += 1) {
        placeStateful(exchange, 'alice', id, { quantums: STEP });
        block(exchange);
      }
      return placeStateful(exchange, 'alice', 21, { quantums: STEP });
    },
  ],
  [
    'a short-term order in a transaction with a sequence',
    18,
    (exchange) => submit(exchange, [{ type: 'place', order: orderOf('alice', 1) }]).check,
  ],
  [
    'a stateful order without a transaction',
    18,
    (exchange) => exchange.apply({ type: 'place', order: statefulOf('alice', 1) }).check,
  ],
];

describe('the chain answers to', () => {
  it.each(histories)('%s with code %i', (_, code, act) => {
    expect(act(quietExchange()).code).toBe(code);
  });
});

describe('an isolated market', () => {
  const { markets, oraclePricesE12 } = marketsOf(2);
  const isolated = markets.map((market, index) =>
    index === 1 ? { ...market, marketType: 'ISOLATED' as const } : market,
  );
  const [, other] = isolated;
  const terms = (flag: number) => {
    if (other === undefined) throw new Error('expected two markets');
    const { clobPairId, stepBaseQuantums, subticksPerTick } = other;
    return {
      id: { ...idOf('alice', 9), orderFlags: flag, clobPairId },
      quantums: stepBaseQuantums,
      subticks: subticksPerTick * 10n,
      side: 'SELL',
    } as const;
  };

  /** Alice holds a position in the other market, and bob bids in the isolated one. */
  const prepared = () => {
    const exchange = quietExchange({ markets: isolated, oraclePricesE12 });
    place(exchange, 'bob', 1, { side: 'SELL' });
    place(exchange, 'alice', 1);
    const bid = terms(0);
    place(exchange, 'bob', 2, {
      ...bid,
      id: { ...bid.id, subaccount: bobsOther },
      side: 'BUY',
    });
    return exchange;
  };
  const bobsOther = { owner: 'bob', number: 128 };

  it.each([0, 64])('refuses an order of flag %i beside other positions with 2005', (flag) => {
    const exchange = prepared();
    exchange.apply({ type: 'fund', subaccount: bobsOther, quoteQuantums: 10n ** 12n });
    const result =
      flag === 0
        ? place(exchange, 'alice', 9, terms(0)).check
        : placeStateful(exchange, 'alice', 9, terms(64));
    expect(result).toMatchObject({ code: 2005, codespace: 'clob' });
  });
});

describe('leverage updates', () => {
  it('have a limit of their own, if the chain sets one', () => {
    const limits = {
      shortTerm: [],
      stateful: [],
      leverage: [{ blocks: 1, limit: 1 }],
      equityTiers: [],
    };
    const exchange = quietExchange({ limits });
    const update = {
      type: 'updateLeverage',
      subaccount: { owner: 'alice', number: 0 },
      entries: [{ clobPairId: 0, customImfPpm: 500_000 }],
    } as const;
    expect(submit(exchange, [update]).check.code).toBe(0);
    expect(submit(exchange, [update]).check.code).toBe(5001);
    block(exchange);
    expect(submit(exchange, [update]).check.code).toBe(0);
  });
});

describe('equity tiers', () => {
  const limits = (limit: number) => ({
    shortTerm: [],
    stateful: [],
    equityTiers: [
      { collateralRequired: 0n, limit: 0 },
      { collateralRequired: 100_000_000_000n, limit },
      { collateralRequired: 100_000_000_001n, limit: 200 },
    ],
  });

  it('count open orders, committed or not, and what cancels free', () => {
    const exchange = quietExchange({ limits: limits(2) });
    expect(placeStateful(exchange, 'alice', 1).code).toBe(0);
    block(exchange);
    expect(placeStateful(exchange, 'alice', 2, STOP).code).toBe(0);
    expect(placeStateful(exchange, 'alice', 3)).toMatchObject({
      code: 10_001,
      log: 'equity tier limit: expected < 2 open orders, was 2',
    });
    cancelStateful(exchange, 'alice', 1);
    expect(placeStateful(exchange, 'alice', 3).code).toBe(0);
  });

  it('give nothing to a subaccount below the lowest one', () => {
    const order = statefulOf('alice', 1);
    const id = { ...order.id, subaccount: { owner: 'alice', number: 7 } };
    const message = { type: 'place', order: { ...order, id } } as const;
    expect(submit(quietExchange(), [message]).check.code).toBe(10_001);
  });
});
