/** The gate before the market: every reason to refuse, and what passes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarketView } from '../../src/model/book.js';
import { DENIAL_CODES, type DenialCode, type OrderIntent } from '../../src/model/order.js';
import { price, signedSize, size, unixMs, usd } from '../../src/model/quantities.js';
import type { MarketHolding } from '../../src/risk/exposure.js';
import {
  checkCollar,
  checkExposure,
  checkFreeCollateral,
  checkOrderNotional,
  checkPositionNotional,
} from '../../src/risk/limit-checks.js';
import { approve } from '../../src/risk/pre-trade.js';
import { AGE_LIMITS, type RiskContext, type RiskLimits } from '../../src/risk/risk-context.js';
import {
  anEntry,
  anExit,
  BTC,
  btcPrice,
  btcSize,
  btcSpec,
  btcView,
  ETH,
  ethSpec,
  NOW,
  oracle,
} from '../support/money-samples.js';

const limits: RiskLimits = {
  maxOrderNotionalUsd: 1000,
  maxPositionNotionalUsd: 2000,
  maxExposureUsd: 5000,
  priceCollarPct: 1,
  maxOrdersPerMinute: 30,
  marginBufferPct: 10,
};

const open: RiskContext = {
  now: NOW,
  level: 'active',
  permission: { granted: true, expiresAt: unixMs(NOW + 250) },
  limits,
  ages: AGE_LIMITS,
  view: btcView,
  position: signedSize(0n),
  foreign: signedSize(0n),
  holdings: new Map(),
  workingOrders: 0,
  entriesLastMinute: 0,
  exitsLastMinute: 0,
  isKnownIntent: () => false,
  equity: usd(1_000_000_000n),
  sends: () => [],
  stateful: { open: 0, equity: usd(0n), tiers: [] },
};

const withView = (change: Partial<MarketView>): Partial<RiskContext> => ({
  view: { ...btcView, ...change },
});
const withBook = (change: Partial<MarketView['book']>): Partial<RiskContext> =>
  withView({ book: { ...btcView.book, ...change } });
const withLimits = (change: Partial<RiskLimits>): Partial<RiskContext> => ({
  limits: { ...limits, ...change },
});
const holding = (change: Partial<MarketHolding>): MarketHolding => ({
  spec: btcSpec,
  oracle: oracle(50_000),
  position: signedSize(0n),
  orders: [],
  ...change,
});
const order = (steps: number, side: 'buy' | 'sell' = 'buy'): MarketHolding['orders'][number] => ({
  market: BTC,
  side,
  remaining: btcSize(steps),
  limitPrice: btcPrice(50_000),
  reduceOnly: false,
});

function codeOf(intent: OrderIntent, context: RiskContext): DenialCode | 'approved' {
  const result = approve(intent, context);
  return result.ok ? 'approved' : result.error.code;
}

const isolatedEth = { ...ethSpec, isolated: true };

interface Row {
  readonly when: string;
  readonly code: DenialCode;
  readonly context: Partial<RiskContext>;
  readonly intent: Partial<OrderIntent>;
}
const row = (
  when: string,
  code: DenialCode,
  context: Partial<RiskContext>,
  intent: Partial<OrderIntent> = {},
): Row => ({ when, code, context, intent });

const used = (count: number, limit: number) => () =>
  [{ what: 'short-term', used: count, limit, blocks: 5 }] as const;

const REFUSED_ENTRIES: readonly Row[] = [
  row('the limits of the chain are unknown', 'limit.unknown', { sends: () => undefined }),
  row('only the reserve of exits is left', 'limit.block-rate', { sends: used(80, 100) }),
  row('the chain’s limit is no number', 'limit.block-rate', { sends: used(0, Number.NaN) }),
  row(
    'so many stateful orders are open',
    'limit.equity-tier',
    { stateful: { open: 1, equity: usd(9n), tiers: [{ equity: usd(9n), limit: 1 }] } },
    { lifetime: {} } as Partial<OrderIntent>,
  ),
  row('risk is halted', 'risk.halted', { level: 'halted' }),
  row('risk is reducing', 'risk.reducing', { level: 'reducing' }),
  row('there is no permission', 'permission.closed', {
    permission: { granted: false, reasons: ['a'] },
  }),
  row('permission has expired', 'permission.closed', {
    permission: { granted: true, expiresAt: NOW },
  }),
  row('the market is unknown', 'market.unknown', { view: undefined }),
  row('the view is of another market', 'market.unknown', withView({ market: ETH })),
  row(
    'the market is paused',
    'market.inactive',
    withView({ spec: { ...btcSpec, status: 'PAUSED' } }),
  ),
  row('the book is stale', 'book.not-live', withBook({ state: 'stale' })),
  row('the book is crossed', 'book.not-live', withBook({ state: 'crossed' })),
  row('the book is old', 'book.old', withBook({ updatedAt: unixMs(NOW - 10_001) })),
  row('there is no oracle price', 'oracle.missing', withView({ oracle: undefined })),
  row('the oracle price has no time', 'oracle.missing', withView({ oracleAt: undefined })),
  row('the oracle price is old', 'oracle.old', withView({ oracleAt: unixMs(NOW - 60_001) })),
  row(
    'the decision is old',
    'decision.old',
    {},
    { newestFrameAt: unixMs(NOW - 1501), heldMs: 500 },
  ),
  row('the age is no number', 'decision.old', {}, { heldMs: Number.NaN }),
  row('the size is zero', 'size.invalid', {}, { size: size(0n) }),
  row('the size is off the step', 'size.invalid', {}, { size: size(1_000_001n) }),
  row('the price is off the tick', 'price.invalid', {}, { limitPrice: price(100_001n) }),
  row('the price is far above the oracle', 'price.collar', {}, { limitPrice: btcPrice(50_501) }),
  row('the price is far below the oracle', 'price.collar', {}, { limitPrice: btcPrice(49_499) }),
  row('the order is too large', 'limit.order-notional', {}, { size: btcSize(200) }),
  row('the position would be too large', 'limit.position-notional', {
    holdings: new Map([[BTC, holding({ orders: [order(350)] })]]),
  }),
  row('all markets together would be too much', 'limit.exposure', {
    holdings: new Map([[ETH, holding({ spec: ethSpec, position: signedSize(90_000_000n) })]]),
  }),
  row('too many orders were sent', 'limit.order-rate', { entriesLastMinute: 30 }),
  row('too many orders work', 'limit.working-orders', { workingOrders: 150 }),
  row('the intent was seen before', 'duplicate.intent', { isKnownIntent: () => true }),
  row('the margin is not there', 'free-collateral', { equity: usd(27_950_099n) }),
  row('the equity is unknown', 'free-collateral', { equity: undefined }),
  row('its isolated market would stand beside another', 'market.isolated', {
    ...withView({ spec: { ...btcSpec, isolated: true } }),
    holdings: new Map([[ETH, holding({ spec: ethSpec, position: signedSize(1n) })]]),
  }),
  row('it would stand beside an order in an isolated market', 'market.isolated', {
    holdings: new Map([[ETH, holding({ spec: isolatedEth, orders: [order(1)] })]]),
  }),
  row('it would close what is not its strategy’s', 'position.foreign', {
    foreign: signedSize(-1n),
  }),
  row(
    'it would close what is not its strategy’s, the other way',
    'position.foreign',
    { foreign: signedSize(1n) },
    { side: 'sell', limitPrice: btcPrice(49_950) },
  ),
  row('another market cannot be valued', 'oracle.missing', {
    holdings: new Map([[ETH, holding({ oracle: undefined, position: signedSize(1n) })]]),
  }),
];

describe('an entry', () => {
  it('passes when nothing speaks against it', () => {
    const result = approve(anEntry, open);
    expect(result).toEqual({ ok: true, value: anEntry });
  });

  it.each(REFUSED_ENTRIES)('is denied when $when', ({ code, context, intent }) => {
    expect(codeOf({ ...anEntry, ...intent }, { ...open, ...context })).toBe(code);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('is denied when a limit is %s', (bad) => {
    const codes = Object.keys(limits).map((name) =>
      codeOf(anEntry, { ...open, ...withLimits({ [name]: bad }) }),
    );
    expect(codes).toEqual([
      'limit.order-notional',
      'limit.position-notional',
      'limit.exposure',
      'price.collar',
      'limit.order-rate',
      'free-collateral',
    ]);
  });

  it('takes the full list when it only calls itself an exit', () => {
    const disguised: OrderIntent = { ...anExit, reduceOnly: false };
    expect(codeOf(disguised, { ...open, level: 'halted' })).toBe('risk.halted');
  });

  it('exactly at its limits passes, one above does not', () => {
    // 25 of margin, 2.5 of buffer, 0.2 to the limit and 0.2501 of fees.
    const [notional, equity] = [usd(500_200_000n), usd(27_950_100n)];
    const exact = withLimits({
      maxOrderNotionalUsd: Number(notional) / 1e6,
      maxPositionNotionalUsd: Number(notional) / 1e6,
      maxExposureUsd: Number(notional) / 1e6,
    });
    const context = { ...open, ...exact, equity };
    expect(codeOf(anEntry, context)).toBe('approved');
    expect(codeOf({ ...anEntry, size: btcSize(101) }, context)).toBe('limit.order-notional');
  });

  it('counts orders in flight of both sides at their full size', () => {
    const orders = [order(100), order(300, 'sell')];
    const holdings = new Map([[BTC, holding({ orders })]]);
    expect(codeOf(anEntry, { ...open, holdings })).toBe('approved');
    const context = { ...open, holdings, ...withLimits({ maxPositionNotionalUsd: 1499 }) };
    expect(codeOf(anEntry, context)).toBe('limit.position-notional');
  });

  it('never passes with a worst case above the limit', () => {
    const steps = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(steps, steps, steps, fc.boolean(), (count, buys, held, isLong) => {
        const position = signedSize((isLong ? 1n : -1n) * btcSize(held));
        const holdings = new Map([[BTC, holding({ position, orders: [order(buys)] })]]);
        const intent = { ...anEntry, size: btcSize(count), limitPrice: btcPrice(50_000) };
        const isApproved = approve(intent, { ...open, holdings, position }).ok;
        const worst = Math.max(Math.abs((isLong ? held : -held) + buys + count), held) * 5;
        if (isApproved) expect(worst).toBeLessThanOrEqual(limits.maxPositionNotionalUsd);
      }),
    );
  });
});

it('an entry on the side of what is not its strategy’s is approved', () => {
  expect(codeOf(anEntry, { ...open, foreign: signedSize(1n) })).toBe('approved');
});

describe('an exit', () => {
  const long = { ...open, position: anExit.size as bigint as RiskContext['position'] };

  it.each<readonly [string, Partial<RiskContext>]>([
    ['risk is halted', { level: 'halted' }],
    ['there is no permission', { permission: { granted: false, reasons: ['a'] } }],
    ['the book is stale', withBook({ state: 'stale' })],
    ['there is no oracle price', withView({ oracle: undefined })],
    ['the oracle price is old', withView({ oracleAt: unixMs(NOW - 60_001), oracle: oracle(1) })],
    ['entries have used up their rate', { entriesLastMinute: 30 }],
    ['the position is larger than any limit', withLimits({ maxOrderNotionalUsd: 1 })],
    ['the equity is unknown', { equity: undefined }],
    ['its market is isolated', withView({ spec: { ...btcSpec, isolated: true } })],
  ])('passes while %s', (_name, context) => {
    expect(codeOf(anExit, { ...long, ...context })).toBe('approved');
  });

  it.each([
    row('it is larger than the position', 'reduce-only.would-grow', {}, { size: btcSize(101) }),
    row('it is on the side of the position', 'reduce-only.would-grow', {}, { side: 'buy' }),
    row('there is no position', 'reduce-only.would-grow', { position: signedSize(0n) }),
    row('its price is beyond three collars', 'price.collar', {}, { limitPrice: btcPrice(48_499) }),
    row('too many exits were sent', 'limit.order-rate', { exitsLastMinute: 120 }),
    row('its number is spoiled', 'limit.order-rate', { exitsLastMinute: Number.NaN }),
    row('the chain’s limit is used up', 'limit.block-rate', { sends: used(90, 100) }),
    row('the market is unknown', 'market.unknown', { view: undefined }),
    row(
      'the market is paused',
      'market.inactive',
      withView({ spec: { ...btcSpec, status: 'PAUSED' } }),
    ),
    row('the size is off the step', 'size.invalid', {}, { size: size(1n) }),
    row('the price is off the tick', 'price.invalid', {}, { limitPrice: price(1n) }),
    row('the intent was seen before', 'duplicate.intent', { isKnownIntent: () => true }),
  ])('is denied when $when', ({ code, context, intent }) => {
    expect(codeOf({ ...anExit, ...intent }, { ...long, ...context })).toBe(code);
  });

  it('may lie as far from the oracle as three collars', () => {
    expect(codeOf({ ...anExit, limitPrice: btcPrice(48_500) }, long)).toBe('approved');
  });

  it('buys back a short position', () => {
    const intent: OrderIntent = { ...anExit, side: 'buy', limitPrice: btcPrice(50_100) };
    expect(codeOf(intent, { ...open, position: signedSize(0n - anExit.size) })).toBe('approved');
  });
});

describe('the checks by themselves', () => {
  it('refuse without a view of the market', () => {
    const checks = [checkCollar, checkOrderNotional, checkPositionNotional, checkExposure];
    const blind = { ...open, view: undefined };
    const codes = [...checks, checkFreeCollateral].map((check) => check(anEntry, blind)?.code);
    expect(codes).toEqual([
      'oracle.missing',
      'oracle.missing',
      'market.unknown',
      'oracle.missing',
      'oracle.missing',
    ]);
  });

  it('refuse a position that cannot be valued', () => {
    const blind = { ...open, ...withView({ oracle: undefined }) };
    expect(checkPositionNotional(anEntry, blind)?.code).toBe('oracle.missing');
  });

  it('know every code that a denial may carry', () => {
    const seen = new Set<DenialCode>(REFUSED_ENTRIES.map(({ code }) => code));
    seen.add('reduce-only.would-grow');
    // Of replacements: said before risk is asked.
    seen.add('order.not-working');
    seen.add('order.fills-forgotten');
    expect([...seen].toSorted()).toEqual([...DENIAL_CODES].toSorted());
  });
});
