/**
 * Liquidation: its terms in tables computed by hand, and what becomes of an account when the oracle
 * price runs away from it: liquidated, insured, set off, or settled for good.
 */
import { describe, expect, it } from 'vitest';
import { emptyAccount } from '../../../src/simulator/chain/clearing-account.js';
import {
  bankruptcyQuote,
  fillableSubticks,
  largestLiquidationFee,
  liquidationSize,
  oracleQuote,
} from '../../../src/simulator/chain/liquidation-terms.js';
import { MarginBook } from '../../../src/simulator/chain/margin.js';
import type { Exchange, ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import { btcMargin } from '../../support/clearing-samples.js';
import {
  ORACLE,
  STEP,
  TICK,
  block,
  fund,
  place,
  quietExchange,
  subaccount,
} from '../../support/exchange-driver.js';

const MILLION = 1_000_000n;
const ONE_BTC = 10n ** 10n;
const AT_100K = { ...btcMargin(), oraclePriceE12: 100_000n * 10n ** 12n };
const book = new MarginBook([AT_100K]);

/** One bitcoin at 100 000, long or short, with so many dollars of equity; 1 200 must be there. */
const holding = (equityUsd: bigint, quantums = ONE_BTC) => ({
  ...emptyAccount(subaccount('a')),
  quoteQuantums: equityUsd * MILLION - (quantums * 100_000n * MILLION) / ONE_BTC,
  positions: new Map([[0, quantums]]),
});

describe('the worst price of a liquidation', () => {
  // At bankruptcy 1.5 maintenance margins away: 1 800 USD a bitcoin.
  it.each([
    ['at the maintenance margin is the oracle price', 1_200n, ONE_BTC, 100_000n],
    ['half way to bankruptcy is half as far', 600n, ONE_BTC, 99_100n],
    ['at bankruptcy is furthest', 0n, ONE_BTC, 98_200n],
    ['beyond bankruptcy goes no further', -5_000n, ONE_BTC, 98_200n],
    ['of a short is above', 600n, -ONE_BTC, 100_900n],
    // 900.9 USD away, on the tick in the account's favour.
    ['of a long is rounded up', 599n, ONE_BTC, 99_099n],
    ['of a short is rounded down', 599n, -ONE_BTC, 100_901n],
  ])('%s', (_, equity, quantums, dollars) => {
    expect(fillableSubticks(book, holding(equity, quantums), 0)).toBe(dollars * TICK);
  });
});

describe('the bankruptcy price', () => {
  it.each([
    ['of a long takes its equity', 600n, ONE_BTC, -ONE_BTC, 99_400n * MILLION],
    ['of half a long takes half of it', 600n, ONE_BTC, -ONE_BTC / 2n, 49_700n * MILLION],
    ['of a short takes its equity', 600n, -ONE_BTC, ONE_BTC, -100_600n * MILLION],
    ['of a bankrupt long is above the oracle price', -500n, ONE_BTC, -ONE_BTC, 100_500n * MILLION],
  ])('%s', (_, equity, quantums, base, expected) => {
    const account = holding(equity, quantums);
    expect(bankruptcyQuote(book, account, 0, base)).toBe(expected);
    expect(oracleQuote(book, account, 0, base)).toBe((-base * 100_000n * MILLION) / ONE_BTC);
  });

  it('of nothing that needs margin is the oracle price', () => {
    const free = new MarginBook([
      { ...AT_100K, market: { ...AT_100K.market, maintenanceMarginPpm: 0 } },
    ]);
    expect(bankruptcyQuote(free, holding(600n), 0, -ONE_BTC)).toBe(100_000n * MILLION);
  });
});

describe('the size of a liquidation', () => {
  const terms = { market: AT_100K.market, oraclePriceE12: AT_100K.oraclePriceE12 };
  const plenty = 100_000n * MILLION;
  it.each([
    ['is a tenth', ONE_BTC, plenty, ONE_BTC / 10n],
    ['is a tenth of a short', -ONE_BTC, plenty, ONE_BTC / 10n],
    ['is worth a thousand at least', ONE_BTC / 20n, plenty, ONE_BTC / 100n],
    ['is all of what is worth less', ONE_BTC / 200n, plenty, ONE_BTC / 200n],
    ['is what the limit leaves', ONE_BTC, 2_000n * MILLION, ONE_BTC / 50n],
    ['is nothing when that is used up', ONE_BTC, 0n, 0n],
    ['is whole steps', 12_345n * STEP, plenty, 1_234n * STEP],
  ])('%s', (_, held, notionalLeft, expected) => {
    const size = liquidationSize({ ...terms, held, notionalLeft });
    expect(size).toBe(expected);
    expect(size % STEP).toBe(0n);
  });

  it('costs one and a half per cent at most', () => {
    expect(largestLiquidationFee(10_000n * MILLION)).toBe(150n * MILLION);
  });
});

const alice = subaccount('alice');

const isConserved = (exchange: Exchange): boolean => {
  const { paidIn, ...parts } = exchange.totals();
  return Object.values(parts).reduce((sum, part) => sum + part, 0n) === paidIn;
};

/** Alice buys a bitcoin from bob with so many dollars of her own; no fees. */
function leveraged(dollars: bigint, parameters = {}): Exchange {
  const exchange = quietExchange({
    takerFeePpm: 0,
    makerFeePpm: 0,
    preset: 'none',
    parameters,
  });
  exchange.apply({ type: 'fundWallet', address: 'alice', denom: 'usdc', amount: 1n });
  exchange.apply({
    type: 'transaction',
    transaction: {
      hash: 'AA',
      feePayer: 'alice',
      feeDenom: 'usdc',
      fee: 0n,
      messages: [
        {
          type: 'withdraw',
          from: alice,
          toAddress: 'alice',
          quoteQuantums: (100_000n - dollars) * MILLION,
        },
      ],
    },
  });
  block(exchange);
  place(exchange, 'bob', 1, { side: 'SELL', quantums: ONE_BTC });
  place(exchange, 'alice', 1, { quantums: ONE_BTC });
  block(exchange);
  return exchange;
}

/** The oracle price jumps; answers what that block and the next one tell. */
function jump(exchange: Exchange, ratioPpm: number): readonly ExchangeOutput[] {
  exchange.apply({ type: 'oracleJump', clobPairId: 0, ratioPpm });
  return [...block(exchange), ...block(exchange)];
}

const fillsOf = (outputs: readonly ExchangeOutput[]) =>
  outputs.flatMap((output) =>
    output.type === 'fills'
      ? output.fills.map((fill) => ({ who: output.subaccount.owner, order: output.order, fill }))
      : [],
  );

/** Carol bids for ten bitcoin, so many dollars below the oracle price. */
const bid = (exchange: Exchange, dollars: bigint) =>
  place(exchange, 'carol', 9, {
    subticks: ORACLE - dollars * TICK,
    quantums: ONE_BTC,
    goodTilBlock: exchange.height + 30,
  });

describe('an account below its maintenance margin', () => {
  // 2 000 of 94 520; after −1 % 1 054.8 of 1 122.9 are left.
  it('loses a tenth of its position to the book, without an order', () => {
    const exchange = leveraged(2_000n);
    bid(exchange, 945n);
    const fills = fillsOf(jump(exchange, 990_000));
    expect(fills).toMatchObject([
      { who: 'alice', order: undefined, fill: { type: 'LIQUIDATED', side: 'SELL' } },
      { who: 'carol', order: { status: 'OPEN' }, fill: { type: 'LIQUIDATION', fee: 0n } },
    ]);
    const [taken] = fills;
    expect(taken?.fill).toMatchObject({ orderId: undefined, quantums: ONE_BTC / 10n });
    // The fee is what the fill left above the bankruptcy price: 1.5 % would be more.
    expect(taken?.fill.fee).toBe(105_500_000n);
    expect(exchange.totals().insurance >= 105_500_000n).toBe(true);
    expect(exchange.trades(0)[0]?.type).toBe('LIQUIDATED');
    expect(isConserved(exchange)).toBe(true);
  });

  it('is left alone while it has as much as it needs', () => {
    const exchange = leveraged(3_000n);
    bid(exchange, 945n);
    expect(fillsOf(jump(exchange, 990_000))).toEqual([]);
  });

  it('goes on block after block until nothing is left', () => {
    const exchange = leveraged(2_000n);
    bid(exchange, 945n);
    jump(exchange, 990_000);
    for (let blocks = 0; blocks < 25; blocks += 1) block(exchange);
    const left = exchange.subaccount(alice)?.positions[0]?.quantums ?? 0n;
    expect(left > 0n && left < ONE_BTC / 10n).toBe(true);
    place(exchange, 'carol', 10, {
      subticks: ORACLE - 945n * TICK,
      quantums: ONE_BTC,
      goodTilBlock: exchange.height + 30,
    });
    for (let blocks = 0; blocks < 20; blocks += 1) block(exchange);
    expect(exchange.subaccount(alice)).toMatchObject({ positions: [], equity: 0n });
    expect(isConserved(exchange)).toBe(true);
  });

  it('is not sold below the worst price', () => {
    const exchange = leveraged(2_000n);
    bid(exchange, 5_000n);
    expect(fillsOf(jump(exchange, 990_000))).toEqual([]);
  });

  it('does not take its own quotes', () => {
    const exchange = leveraged(2_000n);
    place(exchange, 'alice', 9, {
      subticks: ORACLE - 945n * TICK,
      goodTilBlock: exchange.height + 30,
    });
    jump(exchange, 990_000);
    expect(exchange.order({ ...idOfAlice, clientId: 9 })?.removalReason).toContain('SELF_TRADE');
  });
});

const idOfAlice = { subaccount: alice, clientId: 1, orderFlags: 0, clobPairId: 0 };

describe('a bankrupt account', () => {
  // After −3 % the position is worth 91 684.4: 835.6 less than nothing is left.
  it('is set off at its bankruptcy price when nobody takes its position', () => {
    const exchange = leveraged(2_000n);
    const fills = fillsOf(jump(exchange, 970_000));
    expect(fills).toMatchObject([
      {
        who: 'alice',
        order: undefined,
        fill: { type: 'DELEVERAGED', quoteQuantums: 92_520n * MILLION, fee: 0n },
      },
      { who: 'bob', order: undefined, fill: { type: 'OFFSETTING', side: 'BUY' } },
    ]);
    expect(exchange.subaccount(alice)).toMatchObject({ quoteQuantums: 0n, positions: [] });
    expect(exchange.subaccount(subaccount('bob'))?.quoteQuantums).toBe(102_000n * MILLION);
    expect(exchange.trades(0)[0]?.type).toBe('DELEVERAGED');
    expect(isConserved(exchange)).toBe(true);
  });

  it('is paid for by the insurance fund as long as that lasts', () => {
    const exchange = leveraged(2_000n);
    bid(exchange, 1_000n);
    jump(exchange, 990_000);
    const { insurance } = exchange.totals();
    expect(insurance > 0n).toBe(true);
    bid(exchange, 2_600n);
    const fills = fillsOf(jump(exchange, 980_000));
    expect(fills.some(({ fill }) => fill.type === 'LIQUIDATED')).toBe(true);
    expect(exchange.totals().insurance).toBeLessThan(insurance);
    expect(exchange.totals().insurance).toBeGreaterThanOrEqual(0n);
    expect(isConserved(exchange)).toBe(true);
  });

  it('that waits keeps others of its pool from taking money out for fifty blocks', () => {
    const exchange = quietExchange({ takerFeePpm: 0, makerFeePpm: 0, preset: 'none' });
    // One more than a block sets off.
    for (let index = 0; index < 11; index += 1) {
      fund(exchange, `small-${index}`, 300n * MILLION);
      place(exchange, 'bob', index, { side: 'SELL', quantums: ONE_BTC / 10n });
      place(exchange, `small-${index}`, 1, { quantums: ONE_BTC / 10n });
    }
    block(exchange);
    exchange.apply({ type: 'oracleJump', clobPairId: 0, ratioPpm: 900_000 });
    block(exchange);
    const results: number[] = [];
    for (let blocks = 0; blocks < 52; blocks += 1) results.push(...withdrawal(exchange));
    expect(results.slice(0, 49).every((code) => code === 102)).toBe(true);
    expect(results.slice(-2)).toEqual([0, 0]);
    expect(isConserved(exchange)).toBe(true);
  });
});

/** Carol takes a dollar out; answers the code of the block. */
function withdrawal(exchange: Exchange): number[] {
  const carol = subaccount('carol');
  const messages = [
    { type: 'withdraw', from: carol, toAddress: 'carol', quoteQuantums: MILLION },
  ] as const;
  const paid = { feePayer: 'carol', feeDenom: 'usdc', fee: 0n } as const;
  const transaction = { hash: `${exchange.height}`, messages, ...paid };
  exchange.apply({ type: 'transaction', transaction });
  return block(exchange).flatMap((each) => (each.type === 'transaction' ? each.result.code : []));
}

describe('a market in final settlement', () => {
  it('closes all positions at the oracle price, without fees', () => {
    const exchange = leveraged(50_000n);
    exchange.apply({ type: 'market', clobPairId: 0, change: { status: 'FINAL_SETTLEMENT' } });
    const fills = fillsOf([...block(exchange), ...block(exchange)]);
    expect(fills).toMatchObject([
      { fill: { type: 'DELEVERAGED', fee: 0n, quoteQuantums: 94_520n * MILLION } },
      { fill: { type: 'OFFSETTING', fee: 0n } },
    ]);
    expect(exchange.markets()[0]?.openInterest).toBe(0n);
    expect(exchange.subaccount(alice)?.positions).toEqual([]);
    expect(isConserved(exchange)).toBe(true);
  });
});
