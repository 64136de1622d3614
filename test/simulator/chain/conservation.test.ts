/**
 * Money and positions under everything at once: random orders of many accounts, transfers,
 * deposits, withdrawals, gas, funding, oracle jumps, liquidations, deleveraging, rebates. After
 * every single step all money is where it came from, to the last 1e-6 USDC.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChainMessage, FeeTier } from '../../../src/simulator/chain-messages.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import type {
  Exchange,
  ExchangeOutput,
  SubaccountView,
} from '../../../src/simulator/exchange-types.js';
import type { OrderSide, SubaccountId, TimeInForce } from '../../../src/simulator/order-terms.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { START_MS } from '../../support/exchange-driver.js';

const MILLION = 1_000_000n;
const HOUR_MS = 3_600_000;
const OWNERS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ACCOUNTS: readonly SubaccountId[] = OWNERS.flatMap((owner) =>
  [0, 128].map((number) => ({ owner, number })),
);
/** Two cross markets and an isolated one. */
const MARKETS = marketsOf(3).markets.map((market, index) => ({
  ...market,
  // With whole millions of quantums funding would leave no fractions.
  stepBaseQuantums: index === 1 ? 1_000n : market.stepBaseQuantums,
  defaultFundingPpm: [700, -300, 13][index] ?? 0,
  marketType: index === 2 ? ('ISOLATED' as const) : ('CROSS' as const),
}));
const TIERS: readonly FeeTier[] = [
  { name: '1', volumeRequired: 0n, takerFeePpm: 500, makerFeePpm: 100 },
  { name: '2', volumeRequired: 50_000n * MILLION, takerFeePpm: 300, makerFeePpm: -110 },
];

const step = fc.record({
  act: fc.constantFrom(
    ...Array.from({ length: 24 }, () => 'order' as const),
    'block' as const,
    'block' as const,
    'block' as const,
    'hour' as const,
    'jump' as const,
    'transfer' as const,
    'deposit' as const,
    'withdraw' as const,
    'gas' as const,
    'leverage' as const,
  ),
  account: fc.nat({ max: ACCOUNTS.length - 1 }),
  other: fc.nat({ max: ACCOUNTS.length - 1 }),
  market: fc.nat({ max: MARKETS.length - 1 }),
  side: fc.constantFrom<OrderSide>('BUY', 'SELL'),
  /** Value, 1e-6 USDC. */
  value: fc.bigInt(1n, 40_000n * MILLION),
  offsetPpm: fc.integer({ min: -4_000, max: 4_000 }),
  ratioPpm: fc.integer({ min: 930_000, max: 1_075_000 }),
  timeInForce: fc.constantFrom<TimeInForce>('GTT', 'GTT', 'GTT', 'IOC', 'POST_ONLY'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One exchange and what was seen to happen on it. */
class Watched {
  readonly exchange: Exchange = createExchange({
    seed: 1,
    markets: MARKETS,
    oraclePricesE12: marketsOf(3).oraclePricesE12,
    startTimeMs: START_MS,
    startHeight: 100,
    takerFeePpm: 0,
    makerFeePpm: 0,
    feeTiers: TIERS,
    preset: 'none',
  });
  readonly seen = new Map<string, number>();
  #clientId = 0;
  #fills = 0;
  readonly #heldByOthers = this.exchange.totals().subaccounts;
  paidIn = this.exchange.totals().paidIn;

  constructor() {
    for (const [index, subaccount] of ACCOUNTS.entries()) {
      const quoteQuantums = BigInt(1_000 * (1 + index)) * MILLION;
      this.exchange.apply({ type: 'fund', subaccount, quoteQuantums });
      this.paidIn += quoteQuantums;
    }
    for (const address of OWNERS) {
      this.exchange.apply({ type: 'fundWallet', address, denom: 'usdc', amount: 500n * MILLION });
      this.paidIn += 500n * MILLION;
    }
  }

  run(given: Step): void {
    const before = this.exchange.timeMs;
    switch (given.act) {
      case 'order':
        return this.#order(given);
      case 'block':
        return this.#block(before + 650);
      case 'hour':
        this.#block(Math.ceil((before + 1) / HOUR_MS) * HOUR_MS);
        return this.checkQuiet();
      case 'jump': {
        const { clobPairId } = marketAt(given.market);
        this.exchange.apply({ type: 'oracleJump', clobPairId, ratioPpm: given.ratioPpm });
        return this.#block(before + 650);
      }
      case 'transfer':
      case 'deposit':
      case 'withdraw':
      case 'gas':
      case 'leverage':
        return this.#transaction(given);
    }
  }

  check(): void {
    const { exchange } = this;
    const { paidIn, ...parts } = exchange.totals();
    expect(paidIn).toBe(this.paidIn);
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0n)).toBe(paidIn);
    expect(parts.insurance >= 0n && parts.dust >= 0n).toBe(true);
  }

  /**
   * Blocks until nothing is under way: then the indexer knows what the node has. A block without
   * fills may still liquidate at its end, which the next one tells.
   */
  checkQuiet(): void {
    for (let blocks = 0, quiet = 0; blocks < 100 && quiet < 3; blocks += 1) {
      const before = this.#fills;
      this.#block(this.exchange.timeMs + 650);
      quiet = this.#fills === before ? quiet + 1 : 0;
    }
    const views = ACCOUNTS.flatMap((id) => this.exchange.subaccount(id) ?? []);
    const known = views.reduce((sum, { quoteQuantums }) => sum + quoteQuantums, 0n);
    expect(known + this.#heldByOthers).toBe(this.exchange.totals().subaccounts);
    for (const { market, openInterest } of this.exchange.markets()) {
      const longs = sizesOf(views, market.clobPairId).filter((held) => held > 0n);
      expect(longs.reduce((sum, held) => sum + held, 0n)).toBe(openInterest);
    }
  }

  #checkPositions(): void {
    const views = ACCOUNTS.flatMap((id) => this.exchange.subaccount(id) ?? []);
    for (const { clobPairId, marketType } of MARKETS) {
      expect(sizesOf(views, clobPairId).reduce((sum, held) => sum + held, 0n)).toBe(0n);
      if (marketType !== 'ISOLATED') continue;
      for (const { positions } of views) {
        const isHeld = positions.some((position) => position.clobPairId === clobPairId);
        expect(isHeld && positions.length > 1).toBe(false);
      }
    }
  }

  #order({ account, market, side, value, offsetPpm, timeInForce }: Step): void {
    const { clobPairId, subticksPerTick, stepBaseQuantums } = marketAt(market);
    const view = this.exchange.markets()[market];
    const oracle = (view?.oraclePriceE12 ?? 0n) * BigInt(1_000_000 + offsetPpm);
    const unit = 10n ** BigInt(18 - (marketAt(market).atomicResolution + 9 + 6));
    const subticks = (oracle / unit / subticksPerTick) * subticksPerTick;
    const quantums = ((value * 10n ** 9n) / subticks / stepBaseQuantums) * stepBaseQuantums;
    this.#clientId += 1;
    const { check } = this.exchange.apply({
      type: 'place',
      order: {
        id: {
          subaccount: accountAt(account),
          clientId: this.#clientId,
          orderFlags: 0,
          clobPairId,
        },
        side,
        quantums: quantums === 0n ? stepBaseQuantums : quantums,
        subticks,
        goodTilBlock: this.exchange.height + 8,
        goodTilBlockTime: 0,
        timeInForce,
        reduceOnly: false,
        clientMetadata: 0,
        builder: account % 3 === 0 ? { address: 'builder', feePpm: 77 } : undefined,
      },
    });
    this.#see(`order ${check.code}`);
  }

  #transaction({ act, account, other, market, value }: Step): void {
    const from = accountAt(account);
    const to = accountAt(other);
    const quoteQuantums = value / 40n;
    const { clobPairId } = marketAt(market);
    const entries = [{ clobPairId, customImfPpm: 50_000 + account * 20_000 }];
    const messages: readonly ChainMessage[] =
      act === 'transfer'
        ? [{ type: 'transfer', from, to, quoteQuantums }]
        : act === 'deposit'
          ? [
              {
                type: 'deposit',
                fromAddress: from.owner,
                to,
                quoteQuantums: quoteQuantums / 10n + 1n,
              },
              { type: 'transfer', from: to, to: from, quoteQuantums },
            ]
          : act === 'withdraw'
            ? [{ type: 'withdraw', from, toAddress: to.owner, quoteQuantums }]
            : act === 'leverage'
              ? [{ type: 'updateLeverage', subaccount: from, entries }]
              : [];
    this.#clientId += 1;
    const paid = { feePayer: from.owner, feeDenom: 'usdc', fee: 5_001n } as const;
    const transaction = { hash: `${this.#clientId}`, messages, ...paid };
    const { check } = this.exchange.apply({ type: 'transaction', transaction });
    this.#see(`${act} checked ${check.code}`);
  }

  #block(timeMs: number): void {
    for (const output of this.exchange.apply({ type: 'block', timeMs }).outputs) this.#note(output);
    this.#checkPositions();
  }

  #note(output: ExchangeOutput): void {
    if (output.type === 'fills') {
      this.#fills += 1;
      for (const { type } of output.fills) this.#see(type);
    }
    if (output.type === 'transaction') this.#see(`executed ${output.result.code}`);
    if (output.type === 'transfer' || output.type === 'funding') this.#see(output.type);
  }

  #see(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

const sizesOf = (views: readonly SubaccountView[], clobPairId: number): bigint[] =>
  views.flatMap(({ positions }) =>
    positions
      .filter((position) => position.clobPairId === clobPairId)
      .map(({ quantums }) => quantums),
  );

const accountAt = (index: number): SubaccountId => ACCOUNTS[index] ?? { owner: 'a', number: 0 };

function marketAt(index: number) {
  const market = MARKETS[index];
  if (market === undefined) throw new Error('expected a market');
  return market;
}

it('nothing is lost or made in seventeen thousand random steps', () => {
  const watched = new Watched();
  for (const given of fc.sample(step, { numRuns: 17_000, seed: 11 })) {
    watched.run(given);
    watched.check();
  }
  const { seen } = watched;
  const happened = (what: string): number => seen.get(what) ?? 0;
  expect(happened('order 0')).toBeGreaterThan(10_000);
  for (const what of ['LIMIT', 'LIQUIDATED', 'LIQUIDATION', 'DELEVERAGED', 'OFFSETTING']) {
    expect([what, happened(what) > 0]).toEqual([what, true]);
  }
  for (const what of ['funding', 'transfer', 'executed 0', 'executed 102', 'order 2005']) {
    expect([what, happened(what) > 0]).toEqual([what, true]);
  }
  const { fees, wallets, dust } = watched.exchange.totals();
  expect([fees !== 0n, wallets > 0n, dust > 0n]).toEqual([true, true, true]);
  expect(watched.exchange.wallet('builder').usdc > 0n).toBe(true);
}, 60_000);

it('nothing is lost or made in any short run', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 120 }), (steps) => {
      const watched = new Watched();
      for (const given of steps) {
        watched.run(given);
        watched.check();
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
}, 60_000);
