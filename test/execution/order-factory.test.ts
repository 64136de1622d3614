/** From wish to exact numbers: sizes down, exit prices out, and never a raised size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarketView } from '../../src/model/book.js';
import type { Decision } from '../../src/model/decision.js';
import { oracleNotional } from '../../src/model/market.js';
import type { Approved, OrderIntent, Wish } from '../../src/model/order.js';
import { blockHeight, clientId, price, signedSize, unixMs } from '../../src/model/quantities.js';
import { NO_BLOCK, type Lifetime } from '../../src/model/stateful-order.js';
import { ClientIds } from '../../src/execution/client-ids.js';
import {
  makeCancel,
  makeIntent,
  makeRequest,
  type SizingContext,
} from '../../src/execution/order-factory.js';
import {
  anEntry,
  anOrderId,
  aRequest,
  BTC,
  btcPrice,
  btcSize,
  btcSpec,
  btcView,
  ETH,
  NOW,
  oracle,
} from '../support/money-samples.js';

const decision: Decision = {
  type: 'enter',
  strategy: 'sniper',
  market: BTC,
  side: 'buy',
  confidence: 0.9,
  direction: 1,
  quality: 0.9,
  rank: 1,
  reasons: [{ code: 'momentum', text: 'momentum 92 > 80' }],
  newestFrameAt: unixMs(NOW - 600),
  decidedAt: NOW,
  heldMs: 500,
  limitPrice: btcPrice(50_000),
};
const entry: Wish = {
  purpose: 'entry',
  wishId: 'sniper/BTC-USD/1.1',
  strategy: 'sniper',
  market: BTC,
  decision,
};
const reason = { code: 'age', text: 'held for 300 s' };
const exit = (steps: number): Wish => ({
  purpose: 'exit',
  wishId: 'sniper/BTC-USD/1.2',
  strategy: 'sniper',
  market: BTC,
  position: signedSize(BigInt(steps) * 1_000_000n),
  reason,
});
const context: SizingContext = {
  now: NOW,
  view: btcView,
  orderNotionalUsd: 500,
  position: signedSize(btcSize(100)),
  whole: signedSize(btcSize(100)),
  exitSlippageBps: 10,
};
const withView = (change: Partial<MarketView>): SizingContext => ({
  ...context,
  view: { ...btcView, ...change },
});

function sizeOf(wish: Wish, given: SizingContext): number | string {
  const made = makeIntent(wish, given);
  return made.ok ? Number(made.value.size / 1_000_000n) : made.error.code;
}

function limitOf(wish: Wish, given: SizingContext): number | string {
  const made = makeIntent(wish, given);
  return made.ok ? Number(made.value.limitPrice) / 1e5 : made.error.code;
}

describe('an entry', () => {
  it('has the decision’s side, price, reasons and times, and the wish’s id', () => {
    expect(makeIntent(entry, context)).toEqual({
      ok: true,
      value: {
        intentId: entry.wishId,
        strategy: 'sniper',
        market: BTC,
        side: 'buy',
        size: btcSize(100),
        limitPrice: btcPrice(50_000),
        timeInForce: 'ioc',
        reduceOnly: false,
        purpose: 'entry',
        reasons: decision.reasons,
        newestFrameAt: NOW - 600,
        decidedAt: NOW,
        heldMs: 500,
      },
    });
  });

  it.each<readonly [number, number | string]>([
    [500, 100],
    [504.99, 100],
    [5, 1],
    [4.99, 'size.invalid'],
    [0, 'size.invalid'],
    [-500, 'size.invalid'],
    [Number.NaN, 'size.invalid'],
    [Number.POSITIVE_INFINITY, 'size.invalid'],
  ])('worth %s USD has %s steps', (orderNotionalUsd, expected) => {
    expect(sizeOf(entry, { ...context, orderNotionalUsd })).toBe(expected);
  });

  it('is sized at the oracle price when that is higher, and without one at its limit', () => {
    expect(sizeOf(entry, withView({ oracle: oracle(100_000) }))).toBe(50);
    expect(sizeOf(entry, withView({ oracle: undefined }))).toBe(100);
  });

  it('is never worth more than it may be', () => {
    const dollars = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 10_000 }), dollars, (notional, limit) => {
        const limited: Wish = { ...entry, decision: { ...decision, limitPrice: btcPrice(limit) } };
        const made = makeIntent(limited, { ...context, orderNotionalUsd: notional });
        if (!made.ok) return;
        const highest = oracle(Math.max(limit, 50_000));
        const worth = oracleNotional(btcSpec, made.value.size, highest);
        expect(Number(worth)).toBeLessThanOrEqual(notional * 1e6);
        expect(made.value.size % btcSpec.step).toBe(0n);
      }),
    );
  });

  it('is denied in a market of which nothing is known', () => {
    expect(sizeOf(entry, { ...context, view: undefined })).toBe('market.unknown');
    expect(sizeOf(entry, withView({ market: ETH }))).toBe('market.unknown');
  });
});

describe('an exit', () => {
  it('is a reduce-only order against the position, made of what is known now', () => {
    expect(makeIntent(exit(100), context)).toMatchObject({
      value: {
        side: 'sell',
        size: btcSize(100),
        reduceOnly: true,
        purpose: 'exit',
        reasons: [reason],
        newestFrameAt: NOW,
        decidedAt: NOW,
        heldMs: 0,
      },
    });
  });

  const minusHundred = signedSize(0n - btcSize(100));
  const short = { ...context, position: minusHundred, whole: minusHundred };
  it.each<readonly [string, number, SizingContext, number | string]>([
    ['sells below the best bid', 100, context, 49_940],
    ['buys above the best ask', -100, short, 50_061],
    [
      'takes the oracle without a bid',
      100,
      withView({ book: { ...btcView.book, bids: [] } }),
      49_950,
    ],
    [
      'takes the oracle while the book is stale',
      100,
      withView({ book: { ...btcView.book, state: 'stale' } }),
      49_950,
    ],
    [
      'takes a stale book without an oracle',
      100,
      withView({ book: { ...btcView.book, state: 'stale' }, oracle: undefined }),
      49_940,
    ],
    [
      'has no price without both',
      100,
      withView({ book: { ...btcView.book, bids: [] }, oracle: undefined }),
      'price.invalid',
    ],
    ['goes no lower than one tick', 100, { ...context, exitSlippageBps: 9999.99 }, 1],
    [
      'refuses a slippage that is no number',
      100,
      { ...context, exitSlippageBps: Number.NaN },
      'price.invalid',
    ],
    [
      'refuses a slippage of everything',
      100,
      { ...context, exitSlippageBps: 10_000 },
      'price.invalid',
    ],
    ['refuses a negative slippage', 100, { ...context, exitSlippageBps: -1 }, 'price.invalid'],
  ])('%s', (_name, steps, given, expected) => {
    expect(limitOf(exit(steps), given)).toBe(expected);
  });

  it.each<readonly [string, number, bigint, number | string]>([
    ['closes what is left when it was more', 100, btcSize(40), 40],
    ['closes what was wished when there is more', 40, btcSize(100), 40],
    ['is denied when the position is gone', 40, 0n, 'reduce-only.would-grow'],
    ['is denied when the position has flipped', 40, 0n - btcSize(40), 'reduce-only.would-grow'],
    ['is denied when less than a step is left', 40, 999_999n, 'size.invalid'],
  ])('%s', (_name, wished, held, expected) => {
    const position = signedSize(held);
    expect(sizeOf(exit(wished), { ...context, position })).toBe(expected);
    // What the account holds as a whole limits it in the same way.
    expect(sizeOf(exit(wished), { ...context, whole: position })).toBe(expected);
  });

  it('lies on a tick and on the far side of the best price', () => {
    const bps = fc.double({ min: 0, max: 5000, noNaN: true });
    fc.assert(
      fc.property(bps, fc.boolean(), (exitSlippageBps, isLong) => {
        const position = signedSize(isLong ? btcSize(1) : 0n - btcSize(1));
        const made = makeIntent(exit(isLong ? 1 : -1), {
          ...context,
          position,
          whole: position,
          exitSlippageBps,
        });
        const limit = made.ok ? made.value.limitPrice : price(1n);
        expect(limit % btcSpec.tick).toBe(0n);
        expect(isLong ? limit <= btcPrice(49_990) : limit >= btcPrice(50_010)).toBe(true);
      }),
    );
  });
});

describe('a request', () => {
  const approved = anEntry as Approved<OrderIntent>;
  const given = {
    height: blockHeight(100),
    now: NOW,
    clientIds: new ClientIds(1),
    orderIdOf: (id: number) => anOrderId(id),
  };

  it('carries the intent, a number of its own and the id that follows from it', () => {
    expect(makeRequest(approved, given)).toEqual({
      ...aRequest,
      orderId: anOrderId(2 ** 20),
      clientId: clientId(2 ** 20),
    });
    expect(makeRequest(approved, given).clientId).toBe(2 ** 20 + 1);
  });

  it.each<readonly [OrderIntent['timeInForce'], number]>([
    ['ioc', 103],
    ['gtt', 110],
    ['postOnly', 110],
  ])('of time in force %s ends with height %s', (timeInForce, goodTilBlock) => {
    const request = makeRequest({ ...approved, timeInForce }, given);
    expect(request.goodTilBlock).toBe(goodTilBlock);
  });
});

describe('a request for an order on chain', () => {
  const goodTilTime = unixMs(NOW + 3_600_000);
  const seen: unknown[] = [];
  const given = {
    height: blockHeight(100),
    now: NOW,
    clientIds: new ClientIds(1),
    orderIdOf: (id: number, _market: unknown, lifetime: unknown) => {
      seen.push(lifetime);
      return anOrderId(id);
    },
  };

  it.each<Lifetime>([
    { kind: 'longTerm', goodTilTime },
    {
      kind: 'conditional',
      goodTilTime,
      trigger: { type: 'stopLoss', price: btcPrice(49_000) },
    },
  ])('of kind $kind ends with its time and with no height', (lifetime) => {
    const intent = { ...anEntry, timeInForce: 'gtt', lifetime } as Approved<OrderIntent>;
    const request = makeRequest(intent, given);
    expect(request.goodTilBlock).toBe(NO_BLOCK);
    expect(request.stateful).toEqual({ ...lifetime, includeBy: NOW + 60_000 });
    expect(seen.at(-1)).toBe(lifetime);
  });
});

describe('a cancel', () => {
  it.each([
    [95, 103],
    [100, 103],
    [101, 104],
    [500, 503],
  ])('at height %s is good until block %s and never less than its order', (height, expected) => {
    const cancel = makeCancel(aRequest, blockHeight(height));
    const { orderId, clientId: number } = aRequest;
    expect(cancel).toEqual({ orderId, clientId: number, market: BTC, goodTilBlock: expected });
  });
});
