/**
 * The account's figures against the simulated exchange's, which are computed by code of its own:
 * whatever is traded, paid as funding, moved or repriced, both say the same, for cross markets and
 * for an isolated one on a child subaccount.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOpenInterest, readOracle } from '../../src/dydx/market-contents.js';
import { specOfMarket } from '../../src/dydx/units.js';
import { accountRisk, liquidationPrice, type Holding } from '../../src/model/account-margin.js';
import type { MarketSpec } from '../../src/model/market.js';
import {
  absolute,
  blockHeight,
  fillId,
  price,
  signedSize,
  size,
  unixMs,
  usd,
  type MarketId,
} from '../../src/model/quantities.js';
import { unwrap } from '../../src/model/result.js';
import { CashLedger } from '../../src/portfolio/cash-ledger.js';
import { cashFlow } from '../../src/portfolio/position-accounting.js';
import { PositionBook } from '../../src/portfolio/position-book.js';
import { isLiquidatable, MarginBook } from '../../src/simulator/chain/margin.js';
import { createExchange } from '../../src/simulator/chain/exchange.js';
import type { Exchange, ExchangeFill, MarketView } from '../../src/simulator/exchange-types.js';
import { marketObject } from '../../src/simulator/indexer/market-objects.js';
import type { SubaccountId } from '../../src/simulator/order-terms.js';
import { marketsOf } from '../../src/simulator/real-markets.js';
import { START_HEIGHT, START_MS } from '../support/exchange-driver.js';

const HOUR_MS = 3_600_000;
/** Cross markets for the parent, an isolated one for its first child. */
const PARENT: SubaccountId = { owner: 'alice', number: 0 };
const CHILD: SubaccountId = { owner: 'alice', number: 128 };
const ACCOUNTS = [
  { id: PARENT, markets: [0, 1] },
  { id: CHILD, markets: [2] },
] as const;
const MAKER_FUNDS = 10n ** 15n;

interface Step {
  readonly kind: 'trade' | 'jump' | 'hour' | 'transfer';
  readonly pick: number;
  readonly isBuy: boolean;
  readonly steps: number;
  readonly ratioPpm: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('trade', 'trade', 'trade', 'jump', 'hour', 'transfer'),
  pick: fc.nat({ max: 2 }),
  isBuy: fc.boolean(),
  steps: fc.integer({ min: 1, max: 400 }),
  ratioPpm: fc.integer({ min: 900_000, max: 1_100_000 }),
});

/** Small caps, so that a few trades scale the margins; a rate in every hour. */
function newExchange(): Exchange {
  const { markets, oraclePricesE12 } = marketsOf(3);
  const exchange = createExchange({
    seed: 1,
    markets: markets.map((market, index) => ({
      ...market,
      initialMarginPpm: 50_000,
      maintenanceMarginPpm: 30_000,
      openInterestLowerCap: index === 1 ? 0n : 1_000_000_000n,
      openInterestUpperCap: index === 1 ? 0n : 90_000_000_000n,
      marketType: index === 2 ? 'ISOLATED' : 'CROSS',
      defaultFundingPpm: [333, -77, 1_234][index] ?? 0,
    })),
    oraclePricesE12,
    startTimeMs: START_MS,
    startHeight: START_HEIGHT,
    takerFeePpm: 500,
    makerFeePpm: -110,
    preset: 'calm',
  });
  const rich = [0, 1, 2].map((number) => ({ owner: 'bob', number: number === 2 ? 128 : number }));
  for (const subaccount of rich) {
    exchange.apply({ type: 'fund', subaccount, quoteQuantums: MAKER_FUNDS });
  }
  for (const { id } of ACCOUNTS) {
    exchange.apply({ type: 'fund', subaccount: id, quoteQuantums: 50_000_000_000n });
  }
  return exchange;
}

/** Our own books of one subaccount, fed with what its channels would bring. */
class OwnAccount {
  readonly book: PositionBook;
  readonly ledger = new CashLedger();
  readonly #id: SubaccountId;
  readonly #exchange: Exchange;
  #seen = 0;

  constructor(exchange: Exchange, id: SubaccountId) {
    this.#exchange = exchange;
    this.#id = id;
    this.book = new PositionBook({ specOf: (market) => specs(exchange).get(market) });
    const usdc = usd(exchange.subaccount(id)?.quoteQuantums ?? 0n);
    this.ledger.open({ usdc, height: blockHeight(exchange.height), at: unixMs(exchange.timeMs) });
  }

  hear(): void {
    const fills = this.#exchange.fills(this.#id).toReversed();
    for (const fill of fills.slice(this.#seen)) this.#book(fill);
    this.#seen = fills.length;
    const own = ({ address, number }: { address: string; number: number | undefined }): boolean =>
      address === this.#id.owner && number === this.#id.number;
    for (const payment of this.#exchange.fundingPayments(this.#id).toReversed()) {
      this.ledger.fund({
        market: this.#market(payment.clobPairId),
        height: blockHeight(payment.height),
        at: unixMs(payment.timeMs),
        payment: usd(payment.payment),
      });
    }
    for (const each of this.#exchange.transfers(this.#id).toReversed()) {
      this.ledger.transfer({
        transferId: each.eventId,
        height: blockHeight(each.height),
        at: unixMs(each.timeMs),
        amount: usd(own(each.sender) ? -each.quoteQuantums : each.quoteQuantums),
      });
    }
  }

  usdc() {
    const flows = this.book.positions().reduce((sum, position) => sum + cashFlow(position), 0n);
    return this.ledger.balance(usd(flows)) ?? usd(0n);
  }

  holdings(): Holding[] {
    return this.book.positions().flatMap(({ market, size: held }) => {
      const view = this.#exchange.markets().find((each) => each.market.ticker === market);
      const spec = specs(this.#exchange).get(market);
      if (held === 0n || view === undefined || spec === undefined) return [];
      const { oraclePrice, openInterest } = marketObject(view);
      const oracle = readOracle(oraclePrice);
      if (oracle === undefined) return [];
      return [{ size: held, spec, oracle, openInterest: readOpenInterest(openInterest) }];
    });
  }

  #book(fill: ExchangeFill): void {
    const booked = this.book.book(
      {
        fillId: fillId(uuidOf(fill)),
        orderId: undefined,
        market: this.#market(fill.clobPairId),
        side: fill.side === 'BUY' ? 'buy' : 'sell',
        size: size(fill.quantums),
        price: price(fill.subticks),
        fee: usd(fill.fee),
        liquidity: fill.liquidity === 'TAKER' ? 'taker' : 'maker',
        type: fill.type,
        height: blockHeight(fill.height),
        at: unixMs(fill.timeMs),
      },
      'sniper',
    );
    expect(booked.type).toBe('booked');
  }

  #market(clobPairId: number): MarketId {
    const view = this.#exchange.markets().find(({ market }) => market.clobPairId === clobPairId);
    return (view?.market.ticker ?? '') as MarketId;
  }
}

const uuidOf = ({ eventId }: ExchangeFill): string => {
  const digits = eventId.padEnd(32, '0');
  return [8, 12, 16, 20, 32]
    .map((end, index) => digits.slice([0, 8, 12, 16, 20][index], end))
    .join('-');
};

const specs = (exchange: Exchange): ReadonlyMap<MarketId, MarketSpec> =>
  new Map(
    exchange
      .markets()
      .map((view) => unwrap(specOfMarket(marketObject(view))))
      .map((spec) => [spec.market, spec]),
  );

let clients = 0;

function run(exchange: Exchange, step: Step): void {
  const view = exchange.markets()[step.pick];
  const account = ACCOUNTS.find(({ markets }) => markets.some((index) => index === step.pick));
  if (view === undefined || account === undefined) throw new Error('no such market');
  const block = (ms: number) => exchange.apply({ type: 'block', timeMs: exchange.timeMs + ms });
  switch (step.kind) {
    case 'trade': {
      trade(exchange, view, { step, id: account.id });
      break;
    }
    case 'jump':
      exchange.apply({
        type: 'oracleJump',
        clobPairId: view.market.clobPairId,
        ratioPpm: step.ratioPpm,
      });
      break;
    case 'hour':
      block(HOUR_MS);
      // The rows of who paid what come a minute later.
      block(61_000);
      break;
    case 'transfer': {
      const [from, to] = step.isBuy ? [PARENT, CHILD] : [CHILD, PARENT];
      const quoteQuantums = BigInt(step.steps) * 1_234_567n;
      const messages = [{ type: 'transfer', from, to, quoteQuantums } as const];
      const transaction = {
        hash: 'AA',
        messages,
        feePayer: 'alice',
        feeDenom: 'usdc',
        fee: 0n,
      } as const;
      exchange.apply({ type: 'transaction', transaction });
      break;
    }
  }
  block(650);
}

/** One against the other at a price on a tick near the oracle's, the maker first. */
function trade(
  exchange: Exchange,
  { market, oraclePriceE12 }: MarketView,
  { step, id }: { readonly step: Step; readonly id: SubaccountId },
): void {
  const { clobPairId, subticksPerTick, stepBaseQuantums } = market;
  const exponent = market.atomicResolution - market.quantumConversionExponent + 6 - 12;
  const near =
    exponent >= 0
      ? oraclePriceE12 * 10n ** BigInt(exponent)
      : oraclePriceE12 / 10n ** BigInt(-exponent);
  const away = (near * BigInt(step.ratioPpm - 1_000_000)) / 20_000_000n;
  const subticks = ((near + away) / subticksPerTick + 1n) * subticksPerTick;
  const quantums = stepBaseQuantums * BigInt(step.steps) * (clobPairId === 0 ? 1n : 10n);
  const terms = {
    quantums,
    subticks,
    goodTilBlock: exchange.height + 5,
    goodTilBlockTime: 0,
    reduceOnly: false,
    clientMetadata: 0,
  };
  const order = (subaccount: SubaccountId, isBuy: boolean, timeInForce: 'GTT' | 'IOC') => {
    clients += 1;
    const venueId = { subaccount, clientId: clients, orderFlags: 0, clobPairId };
    const side = isBuy ? ('BUY' as const) : ('SELL' as const);
    exchange.apply({ type: 'place', order: { ...terms, id: venueId, side, timeInForce } });
  };
  order({ owner: 'bob', number: id.number }, !step.isBuy, 'GTT');
  order(id, step.isBuy, 'IOC');
}

/** The exchange's own judgement of the account, were this market's oracle price another. */
function isLiquidatedAt(
  exchange: Exchange,
  id: SubaccountId,
  { ticker, priceE12 }: { readonly ticker: string; readonly priceE12: bigint },
): boolean {
  const states = exchange.markets().map(({ market, oraclePriceE12, openInterest }) => ({
    market,
    oraclePriceE12: market.ticker === ticker ? priceE12 : oraclePriceE12,
    openInterest,
    fundingIndex: 0n,
  }));
  const view = exchange.subaccount(id);
  if (view === undefined) throw new Error('no such account');
  const unsettled = [...view.unsettledFunding.values()].reduce((sum, owed) => sum + owed, 0n);
  const risk = new MarginBook(states).risk({
    quoteQuantums: view.quoteQuantums + unsettled,
    positions: new Map(view.positions.map(({ clobPairId, quantums }) => [clobPairId, quantums])),
    fundingIndexes: new Map(),
    fundingRound: 0,
    leverage: new Map(),
  });
  return isLiquidatable(risk);
}

function expectSame(exchange: Exchange, id: SubaccountId, own: OwnAccount): void {
  const venue = exchange.subaccount(id);
  if (venue === undefined) throw new Error('no such account');
  const holdings = own.holdings();
  const unsettled = [...venue.unsettledFunding.values()].reduce((sum, owed) => sum + owed, 0n);
  // The chain rounds the sum of the hours down, each payment is rounded down by itself.
  const rounded = venue.quoteQuantums + unsettled - own.usdc();
  expect(rounded).toBeGreaterThanOrEqual(0n);
  expect(rounded).toBeLessThanOrEqual(BigInt(own.ledger.payments));
  const risk = accountRisk(usd(own.usdc() + rounded), holdings);
  expect(risk).toEqual({
    equity: venue.equity,
    initialMargin: venue.initialMargin,
    maintenanceMargin: venue.maintenanceMargin,
  });
  for (const held of holdings) expectLiquidation(exchange, id, { risk, held });
}

/** Two units of value, each up to one rounding, move the price by so much. */
function expectLiquidation(
  exchange: Exchange,
  id: SubaccountId,
  { risk, held }: { readonly risk: ReturnType<typeof accountRisk>; readonly held: Holding },
): void {
  const ticker = held.spec.market;
  const at = liquidationPrice(risk, held);
  const unit = 10n ** BigInt(6 - held.spec.sizeExponent);
  const slack = (4n * unit) / absolute(held.size) + 2n;
  const isLiquidated = (priceE12: bigint) => isLiquidatedAt(exchange, id, { ticker, priceE12 });
  if (at === undefined) {
    expect(isLiquidated(1n)).toBe(false);
    return;
  }
  const priceE12 = at / 1_000_000n;
  const [worse, better] = held.size > 0n ? [-slack, slack] : [slack, -slack];
  if (priceE12 + worse > 0n) expect(isLiquidated(priceE12 + worse)).toBe(true);
  if (priceE12 + better > 0n) expect(isLiquidated(priceE12 + better)).toBe(false);
}

describe('our account and the exchange’s', () => {
  it('say the same after any fills, funding, transfers and oracle moves', () => {
    let [traded, funded, scaled] = [0, 0, 0];
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 5, maxLength: 30 }), (steps) => {
        const exchange = newExchange();
        const accounts = ACCOUNTS.map(({ id }) => ({ id, own: new OwnAccount(exchange, id) }));
        for (const step of steps) {
          run(exchange, step);
          for (const { id, own } of accounts) {
            own.hear();
            expectSame(exchange, id, own);
            const { initialMargin = 0n, maintenanceMargin = 0n } = exchange.subaccount(id) ?? {};
            if (initialMargin * 3n > maintenanceMargin * 5n + 10n) scaled += 1;
          }
        }
        traded += accounts.reduce((sum, { id }) => sum + exchange.fills(id).length, 0);
        funded += accounts.reduce((sum, { own }) => sum + own.ledger.payments, 0);
      }),
      { seed: 20_260_105, numRuns: 40 },
    );
    expect(traded).toBeGreaterThan(100);
    expect(funded).toBeGreaterThan(50);
    expect(scaled).toBeGreaterThan(50);
  });

  it('agree that a position flipped and closed leaves no cost and no margin', () => {
    const exchange = newExchange();
    const own = new OwnAccount(exchange, PARENT);
    const step = { kind: 'trade', pick: 0, isBuy: true, steps: 10, ratioPpm: 1_000_000 } as const;
    run(exchange, step);
    run(exchange, { ...step, isBuy: false, steps: 25 });
    run(exchange, { ...step, steps: 15 });
    own.hear();
    expect(own.holdings()).toEqual([]);
    expect(own.book.positions()).toMatchObject([{ size: signedSize(0n), cost: 0n, fills: 3 }]);
    expect(own.usdc()).toBe(exchange.subaccount(PARENT)?.quoteQuantums);
    expectSame(exchange, PARENT, own);
  });
});
