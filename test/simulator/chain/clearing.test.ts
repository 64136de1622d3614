/**
 * Clearing: fees, margins and the collateral rule in tables; conservation and priority under
 * random orders.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/simulator/chain/clearing-account.js';
import type { OrderSide, PlaceOrder, TimeInForce } from '../../../src/simulator/order-terms.js';
import { MatchingEngine } from '../../../src/simulator/chain/matching-engine.js';
import { remaining, type LiveOrder } from '../../../src/simulator/chain/memclob.js';
import { STEP, TICK, subaccount } from '../../support/exchange-driver.js';
import { btcMargin, clearingOf } from '../../support/clearing-samples.js';

const MILLION = 1_000_000n;

describe('clearing', () => {
  it('rounds fees up, rebates towards zero', () => {
    const clearing = clearingOf([btcMargin()], { takerFeePpm: 500, makerFeePpm: -110 });
    const taker = clearing.open(subaccount('taker'));
    const maker = clearing.open(subaccount('maker'));
    for (const account of [taker, maker]) clearing.fund(account, 1_000n * MILLION);
    const match = { taker, maker, takerSide: 'BUY', clobPairId: 0 } as const;
    expect(clearing.settle({ ...match, quantums: STEP, subticks: 94_521n * TICK })).toEqual({
      type: 'settled',
      quoteQuantums: 9_452_100n,
      takerFee: 4_727n,
      makerFee: -1_039n,
      takerBuilderFee: 0n,
      makerBuilderFee: 0n,
    });
    expect(taker.quoteQuantums).toBe(1_000n * MILLION - 9_452_100n - 4_727n);
    expect(maker.quoteQuantums).toBe(1_000n * MILLION + 9_452_100n + 1_039n);
  });

  it('refuses to fund nothing and to know an unlisted market', () => {
    const clearing = clearingOf([btcMargin()]);
    expect(() => clearing.fund(clearing.open(subaccount('a')), 0n)).toThrow('> 0');
    expect(() => clearing.margin(99)).toThrow('99');
  });
});

const OWNERS = ['a', 'b', 'c', 'd'];

/** A market in which every rule of matching is watched while it runs. */
class Watched {
  readonly margins = [btcMargin()];
  readonly clearing = clearingOf(this.margins, { takerFeePpm: 500, makerFeePpm: -110 });
  readonly accounts: Account[] = [];
  readonly arrivals: LiveOrder[] = [];
  readonly gone = new Set<LiveOrder>();
  readonly violations: string[] = [];
  readonly engine = new MatchingEngine({
    clearing: this.clearing,
    margins: this.margins,
    nextHeight: 1,
    listener: {
      opened: (order) => void this.arrivals.push(order),
      removed: (order) => void this.gone.add(order),
      canceledElsewhere: () => {},
      level: () => {},
      matched: ({ maker, taker, subticks }) => {
        if (subticks !== maker.placed.subticks) this.violations.push('not the maker price');
        if (remaining(maker) < 0n || remaining(taker) < 0n) this.violations.push('overfilled');
        const ahead = this.arrivals.slice(0, -1).find((other) => this.#isAhead(other, maker));
        if (ahead !== undefined) this.violations.push(`${ahead.key} was ahead of ${maker.key}`);
      },
    },
  });

  constructor() {
    for (const [index, owner] of OWNERS.entries()) {
      const account = this.clearing.open(subaccount(owner));
      this.clearing.fund(account, BigInt(10 ** (index * 2)) * MILLION);
      this.accounts.push(account);
    }
  }

  /**
   * Is another order of the maker's side, which still rests, better or earlier at the same price?
   */
  #isAhead(other: LiveOrder, maker: LiveOrder): boolean {
    if (other.placed.side !== maker.placed.side || other === maker) return false;
    if (this.gone.has(other) || remaining(other) === 0n) return false;
    const difference = other.placed.subticks - maker.placed.subticks;
    if (difference === 0n) return this.arrivals.indexOf(other) < this.arrivals.indexOf(maker);
    return maker.placed.side === 'BUY' ? difference > 0n : difference < 0n;
  }
}

const randomOrder = fc.record({
  owner: fc.constantFrom(...OWNERS),
  clientId: fc.integer({ min: 0, max: 12 }),
  side: fc.constantFrom<OrderSide>('BUY', 'SELL'),
  steps: fc.integer({ min: 1, max: 60 }),
  ticks: fc.integer({ min: -6, max: 6 }),
  life: fc.integer({ min: 0, max: 9 }),
  timeInForce: fc.constantFrom<TimeInForce>('GTT', 'GTT', 'GTT', 'IOC', 'POST_ONLY'),
  reduceOnly: fc.boolean(),
  act: fc.constantFrom('place', 'place', 'place', 'place', 'cancel', 'block'),
});
type RandomOrder = typeof randomOrder extends fc.Arbitrary<infer T> ? T : never;

function act(watched: Watched, order: RandomOrder): void {
  const { engine } = watched;
  const goodTilBlock = engine.nextHeight + order.life;
  const id = {
    subaccount: subaccount(order.owner),
    clientId: order.clientId,
    orderFlags: 0,
    clobPairId: 0,
  };
  if (order.act === 'block') return engine.expire(engine.nextHeight);
  if (order.act === 'cancel') {
    engine.cancel({ id, goodTilBlock, goodTilBlockTime: 0 });
    return undefined;
  }
  const placed: PlaceOrder = {
    id,
    side: order.side,
    quantums: BigInt(order.steps) * STEP,
    subticks: BigInt(94_520 + order.ticks) * TICK,
    goodTilBlock,
    goodTilBlockTime: 0,
    timeInForce: order.timeInForce,
    reduceOnly: order.reduceOnly && order.timeInForce === 'IOC',
    clientMetadata: 0,
  };
  engine.place(placed);
  return undefined;
}

function checkBooks({ engine, clearing, accounts, margins }: Watched): void {
  const { paidIn, ...held } = clearing.totals();
  expect(Object.values(held).reduce((sum, part) => sum + part, 0n)).toBe(paidIn);
  const positions = accounts.map(({ positions }) => positions.get(0) ?? 0n);
  expect(positions.reduce((sum, position) => sum + position, 0n)).toBe(0n);
  const long = positions.reduce((sum, position) => (position > 0n ? sum + position : sum), 0n);
  expect(margins[0]?.openInterest).toBe(long);
  const book = engine.book(0);
  const [bid, ask] = [book.best('BUY'), book.best('SELL')];
  if (bid !== undefined && ask !== undefined) expect(bid.subticks < ask.subticks).toBe(true);
  for (const level of [...book.levels('BUY', 99), ...book.levels('SELL', 99)]) {
    expect(level.quantums > 0n).toBe(true);
  }
}

describe('under random orders of rich and poor accounts', () => {
  it('money and positions are conserved, nothing is overfilled, and priority is kept', () => {
    fc.assert(
      fc.property(fc.array(randomOrder, { minLength: 20, maxLength: 250 }), (orders) => {
        const watched = new Watched();
        for (const order of orders) {
          act(watched, order);
          checkBooks(watched);
        }
        expect(watched.violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('over thousands of steps the memory stays bounded', () => {
    const watched = new Watched();
    const sizes: number[] = [];
    for (const order of fc.sample(randomOrder, { numRuns: 4_000, seed: 5 })) {
      act(watched, order);
      sizes.push(watched.engine.memorySize);
    }
    checkBooks(watched);
    expect(watched.violations).toEqual([]);
    expect(Math.max(...sizes)).toBeLessThan(3 * OWNERS.length * 13 + 1);
  });
});
