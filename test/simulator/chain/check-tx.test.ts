/**
 * CheckTx: which code a node answers to which short-term order or cancel, and that a refusal is
 * silent.
 */
import { describe, expect, it } from 'vitest';
import type { CheckResult, Exchange } from '../../../src/simulator/exchange-types.js';
import type { PlaceOrder } from '../../../src/simulator/order-terms.js';
import {
  ORACLE,
  START_HEIGHT,
  STEP,
  TICK,
  block,
  cancel,
  idOf,
  orderOf,
  place,
  quietExchange,
  subaccount,
} from '../../support/exchange-driver.js';

type Case = readonly [name: string, code: number, terms: Partial<PlaceOrder>];

const NEXT = START_HEIGHT + 1;

const refusals: readonly Case[] = [
  ['an unknown order flag', 3000, { id: { ...idOf('alice', 1), orderFlags: 7 } }],
  ['an impossible side', 3, { side: 'HOLD' as 'BUY' }],
  ['no size', 4, { quantums: 0n }],
  ['no good-til-block', 5, { goodTilBlock: 0 }],
  ['fill or kill', 48, { timeInForce: 'FOK' }],
  ['no price', 6, { subticks: 0n }],
  ['reduce-only that could rest', 9003, { reduceOnly: true }],
  ['an unknown clob pair', 8, { id: { ...idOf('alice', 1), clobPairId: 99 } }],
  ['a price between two ticks', 12, { subticks: ORACLE + 1n }],
  ['a size between two steps', 12, { quantums: STEP + 1n }],
  ['a suborder of the chain', 3000, { id: { ...idOf('alice', 1), orderFlags: 256 } }],
  ['an impossible time in force', 44, { timeInForce: 'DAY' as 'GTT' }],
  ['a condition', 6000, { condition: { type: 'STOP_LOSS', triggerSubticks: ORACLE } }],
  ['TWAP terms', 49, { twap: { durationSeconds: 300, intervalSeconds: 30, priceTolerancePpm: 0 } }],
  ['a builder without an address', 50, { builder: { address: '', feePpm: 10 } }],
  ['a builder that asks for too much', 50, { builder: { address: 'b', feePpm: 10_001 } }],
  ['a good-til-block that has passed', 10, { goodTilBlock: NEXT - 1 }],
  ['a good-til-block beyond the window', 11, { goodTilBlock: NEXT + 41 }],
  ['reduce-only without a position', 2001, { reduceOnly: true, timeInForce: 'IOC' }],
];

describe('a short-term order', () => {
  it.each(refusals)(
    'with %s is refused with code %i and nothing is published',
    (_, code, terms) => {
      const { check, outputs } = place(quietExchange(), 'alice', 1, terms);
      expect(check).toMatchObject({ code, codespace: 'clob' });
      expect(outputs).toEqual([]);
    },
  );

  it.each([NEXT, NEXT + 40])('is accepted at the edge of the window, block %i', (goodTilBlock) => {
    expect(place(quietExchange(), 'alice', 1, { goodTilBlock }).check.code).toBe(0);
  });

  it('of an address that was never funded is refused by the account module', () => {
    const { check } = place(quietExchange(), 'mallory', 1);
    expect(check).toMatchObject({ code: 9, codespace: 'sdk' });
  });

  it('of a subaccount without funds is received, and finds no collateral', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { side: 'SELL' });
    const order = orderOf('alice', 1, {
      id: { ...idOf('alice', 1), subaccount: subaccount('alice', 5) },
    });
    const { check, outputs } = exchange.apply({ type: 'place', order });
    expect(check.code).toBe(0);
    expect(outputs.at(-1)).toMatchObject({
      order: { removalReason: 'ORDER_REMOVAL_REASON_UNDERCOLLATERALIZED' },
    });
    expect(exchange.subaccount(order.id.subaccount)).toBeUndefined();
  });
});

const fill = (exchange: Exchange, quantums: bigint): void => {
  place(exchange, 'bob', 1, { side: 'SELL', quantums });
};

const histories: readonly (readonly [string, number, (exchange: Exchange) => CheckResult])[] = [
  [
    'canceled until its good-til-block',
    7,
    (exchange) => {
      cancel(exchange, 'alice', 1);
      return place(exchange, 'alice', 1).check;
    },
  ],
  [
    'canceled, with a later good-til-block',
    0,
    (exchange) => {
      cancel(exchange, 'alice', 1);
      return place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11 }).check;
    },
  ],
  [
    'resting, with the same good-til-block',
    20,
    (exchange) => {
      place(exchange, 'alice', 1);
      return place(exchange, 'alice', 1).check;
    },
  ],
  [
    'resting, on the other side',
    20,
    (exchange) => {
      place(exchange, 'alice', 1);
      return place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11, side: 'SELL' }).check;
    },
  ],
  [
    'partly filled and resting, as IOC',
    20,
    (exchange) => {
      fill(exchange, STEP);
      place(exchange, 'alice', 1);
      const terms = { goodTilBlock: START_HEIGHT + 11, timeInForce: 'IOC' } as const;
      return place(exchange, 'alice', 1, terms).check;
    },
  ],
  [
    'fully filled',
    24,
    (exchange) => {
      fill(exchange, 10n * STEP);
      place(exchange, 'alice', 1);
      return place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11 }).check;
    },
  ],
  [
    'an IOC that was partly filled',
    2004,
    (exchange) => {
      fill(exchange, STEP);
      place(exchange, 'alice', 1, { timeInForce: 'IOC' });
      block(exchange);
      return place(exchange, 'alice', 1, { timeInForce: 'IOC' }).check;
    },
  ],
  [
    'an IOC that was partly filled for the next block, with the same good-til-block',
    20,
    (exchange) => {
      fill(exchange, STEP);
      place(exchange, 'alice', 1, { timeInForce: 'IOC' });
      return place(exchange, 'alice', 1, { timeInForce: 'IOC' }).check;
    },
  ],
  [
    'reduce-only on the side of the position',
    2001,
    (exchange) => {
      fill(exchange, STEP);
      place(exchange, 'alice', 1);
      return place(exchange, 'alice', 2, { timeInForce: 'IOC', reduceOnly: true }).check;
    },
  ],
  [
    'post-only and would cross',
    2003,
    (exchange) => {
      fill(exchange, STEP);
      return place(exchange, 'alice', 1, { timeInForce: 'POST_ONLY' }).check;
    },
  ],
];

describe('an order whose id is', () => {
  it.each(histories)('%s gets code %i', (_, code, act) => {
    expect(act(quietExchange()).code).toBe(code);
  });

  it('filled stays filled until 40 blocks after its good-til-block', () => {
    const exchange = quietExchange();
    fill(exchange, 10n * STEP);
    place(exchange, 'alice', 1);
    const again = () =>
      place(exchange, 'alice', 1, { goodTilBlock: exchange.height + 1, timeInForce: 'IOC' }).check;
    while (exchange.height < START_HEIGHT + 10 + 39) block(exchange);
    expect(again().code).toBe(24);
    block(exchange);
    expect(again().code).toBe(0);
  });
});

describe('a market that is', () => {
  const POST_ONLY = { timeInForce: 'POST_ONLY' } as const;

  it.each([
    ['FINAL_SETTLEMENT', 'post-only order', POST_ONLY, 34],
    ['INITIALIZING', 'order that may match', {}, 34],
    ['INITIALIZING', 'bid above the oracle', { ...POST_ONLY, subticks: ORACLE + TICK }, 34],
    [
      'INITIALIZING',
      'ask below the oracle',
      { ...POST_ONLY, side: 'SELL', subticks: ORACLE - TICK },
      34,
    ],
    ['INITIALIZING', 'bid at the oracle', POST_ONLY, 0],
  ] as const)('%s answers a %s accordingly', (status, _, terms, code) => {
    const exchange = quietExchange({ parameters: { status } });
    expect(place(exchange, 'alice', 1, terms).check.code).toBe(code);
  });
});

describe('a cancel', () => {
  it.each([
    ['too old', START_HEIGHT, 10],
    ['too far', NEXT + 41, 11],
    ['in the window', NEXT, 0],
  ] as const)('with a good-til-block %s gets its code', (_, goodTilBlock, code) => {
    expect(cancel(quietExchange(), 'alice', 1, goodTilBlock).check.code).toBe(code);
  });

  it('that is not later than a known one is refused with 9', () => {
    const exchange = quietExchange();
    expect(cancel(exchange, 'alice', 1, NEXT + 5).check.code).toBe(0);
    expect(cancel(exchange, 'alice', 1, NEXT + 5).check.code).toBe(9);
    expect(cancel(exchange, 'alice', 1, NEXT + 6).check.code).toBe(0);
  });

  it('of a stateful order, of an unknown pair or of an unknown owner is refused', () => {
    const exchange = quietExchange();
    const of = (change: object) =>
      exchange.apply({
        type: 'cancel',
        cancel: { id: { ...idOf('alice', 1), ...change }, goodTilBlock: NEXT, goodTilBlockTime: 0 },
      }).check;
    expect(of({ orderFlags: 64 })).toMatchObject({ code: 3001 });
    expect(of({ orderFlags: 256 })).toMatchObject({ code: 3000 });
    expect(of({ clobPairId: 99 })).toMatchObject({ code: 8 });
    expect(of({ subaccount: subaccount('mallory') })).toMatchObject({ code: 9, codespace: 'sdk' });
  });
});

describe('a batch cancel', () => {
  const batchOf = (exchange: Exchange, clientIds: readonly number[], goodTilBlock: number) =>
    exchange.apply({
      type: 'batchCancel',
      batch: {
        subaccount: subaccount('alice'),
        batches: [{ clobPairId: 0, clientIds }],
        goodTilBlock,
      },
    });

  it('removes each of its orders', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    place(exchange, 'alice', 2);
    expect(batchOf(exchange, [1, 2], START_HEIGHT + 10).check.code).toBe(0);
    expect(exchange.book(0, 10).bids).toEqual([]);
  });

  it('answers 0 although every cancel in it failed', () => {
    expect(batchOf(quietExchange(), [1, 2], 1).check.code).toBe(0);
  });

  it.each([
    ['no ids', []],
    ['an id twice', [1, 1]],
    ['101 ids', Array.from({ length: 101 }, (_, index) => index)],
  ])('with %s is refused with 45', (_, clientIds) => {
    expect(batchOf(quietExchange(), clientIds, START_HEIGHT + 10).check.code).toBe(45);
  });

  it('of an unknown owner is refused by the account module', () => {
    const batch = {
      subaccount: subaccount('mallory'),
      batches: [{ clobPairId: 0, clientIds: [1] }],
      goodTilBlock: START_HEIGHT + 10,
    };
    const { check } = quietExchange().apply({ type: 'batchCancel', batch });
    expect(check).toMatchObject({ code: 9, codespace: 'sdk' });
  });
});

describe('an address', () => {
  const batch = { batches: [{ clobPairId: 0, clientIds: [1] }], goodTilBlock: NEXT };

  it('may send 4000 messages within five blocks, refused ones included, a batch for two', () => {
    const exchange = quietExchange();
    const send = (): number => place(exchange, 'alice', 1, { goodTilBlock: 1 }).check.code;
    const sendBatch = () =>
      exchange.apply({
        type: 'batchCancel',
        batch: { ...batch, subaccount: subaccount('alice') },
      }).check;
    for (let count = 0; count < 3_998; count += 1) expect(send()).toBe(10);
    expect(sendBatch().code).toBe(0);
    expect(send()).toBe(5001);
    expect(cancel(exchange, 'alice', 1).check).toMatchObject({
      code: 5001,
      log: 'block rate limit of alice: expected ≤ 4000 in 5 blocks, was 4002',
    });
    expect(place(exchange, 'bob', 1).check.code).toBe(0);
    for (let blocks = 0; blocks < 4; blocks += 1) block(exchange);
    expect(send()).toBe(5001);
    block(exchange);
    expect(send()).toBe(10);
  });

  it('is told of malformed messages before its limit', () => {
    const limits = { shortTerm: [{ blocks: 1, limit: 0 }], stateful: [], equityTiers: [] };
    const exchange = quietExchange({ limits });
    expect(place(exchange, 'alice', 1, { quantums: 0n }).check.code).toBe(4);
    expect(place(exchange, 'alice', 1).check.code).toBe(5001);
    expect(exchange.limits()).toEqual(limits);
  });
});
