/** The chain's limits on messages: what counts, for how long, and who may use the rest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockHeight, unixMs, usd } from '../../src/model/quantities.js';
import type { BlockRule, LimitUsage, VenueLimits } from '../../src/model/venue-limits.js';
import { sameMarginPpm, withMarginPpm } from '../../src/risk/custom-margin.js';
import {
  refuseOpen,
  refuseSend,
  SendBudget,
  sendKindOf,
  type SendPurpose,
} from '../../src/risk/send-budget.js';
import { btcSpec } from '../support/money-samples.js';

const limitsOf = (shortTerm: readonly BlockRule[], stateful: readonly BlockRule[] = []) =>
  ({
    shortTerm,
    stateful,
    leverageUpdates: [],
    equityTiers: [],
    marginPpm: [],
  }) satisfies VenueLimits;

const at = blockHeight;
const usage = (used: number, limit: number, blocks = 5): readonly LimitUsage[] => [
  { what: 'short-term', used, limit, blocks },
];

describe('a window', () => {
  const fiveBlocks = (): SendBudget => {
    const budget = new SendBudget();
    budget.learn(limitsOf([{ blocks: 5, limit: 100 }]));
    return budget;
  };
  const usedAt = (budget: SendBudget, height: number) =>
    budget.usage('short-term', at(height))?.[0]?.used;

  it('counts what was sent in its blocks and in one block more', () => {
    const budget = fiveBlocks();
    budget.record('short-term', at(100));
    budget.record('short-term', at(101), 2);
    expect([101, 105, 106, 107].map((height) => usedAt(budget, height))).toEqual([3, 3, 2, 0]);
  });

  it('is one of several, each with its own count', () => {
    const budget = new SendBudget();
    const rules = [
      { blocks: 1, limit: 2 },
      { blocks: 100, limit: 20 },
    ];
    budget.learn(limitsOf([], rules));
    for (const height of [1, 50, 99, 100]) budget.record('stateful', at(height));
    expect(budget.usage('stateful', at(100))).toEqual([
      { what: 'stateful', used: 2, limit: 2, blocks: 1 },
      { what: 'stateful', used: 4, limit: 20, blocks: 100 },
    ]);
    expect(budget.usage('short-term', at(100))).toEqual([]);
  });

  it('holds what earlier runs have sent from the first height on', () => {
    const budget = fiveBlocks();
    budget.carry('short-term');
    budget.carry('short-term');
    expect(usedAt(budget, 900)).toBe(2);
    expect(usedAt(budget, 906)).toBe(0);
  });

  it('is unknown until the limits are', () => {
    expect(new SendBudget().usage('short-term', at(1))).toBeUndefined();
  });

  it('of any sends never counts fewer than the chain does', () => {
    const sends = fc.array(fc.record({ gap: fc.nat(3), weight: fc.integer({ min: 1, max: 3 }) }));
    const window = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(sends, window, fc.nat(1), (list, blocks, behind) => {
        const budget = new SendBudget();
        budget.learn(limitsOf([{ blocks, limit: 1 }]));
        let height = 10;
        const truth: { height: number; weight: number }[] = [];
        for (const { gap, weight } of list) {
          height += gap;
          // We may hear of a block late, the chain does not.
          budget.record('short-term', at(height - behind), weight);
          truth.push({ height, weight });
        }
        const inWindow = truth.filter((sent) => sent.height > height - blocks);
        const counted = inWindow.reduce((sum, { weight }) => sum + weight, 0);
        expect(budget.usage('short-term', at(height))?.[0]?.used).toBeGreaterThanOrEqual(counted);
      }),
    );
  });
});

describe('one message more', () => {
  it.each<readonly [SendPurpose, number, number, boolean]>([
    ['entry', 79, 100, true],
    ['entry', 80, 100, false],
    ['exit', 89, 100, true],
    ['exit', 90, 100, false],
    ['cancel', 99, 100, true],
    ['cancel', 100, 100, false],
    // Two in a block: one is for exits.
    ['entry', 0, 2, true],
    ['entry', 1, 2, false],
    ['exit', 1, 2, true],
    ['exit', 2, 2, false],
    ['exit', 8, 10, true],
    ['exit', 9, 10, false],
    ['cancel', 1, 2, true],
    ['entry', 0, 1, false],
    ['exit', 0, 1, true],
    ['entry', 0, 0, false],
  ])('for an %s with %i of %i used: %s', (purpose, used, limit, may) => {
    expect(refuseSend(usage(used, limit), purpose) === undefined).toBe(may);
  });

  it('is refused with the numbers', () => {
    expect(refuseSend(usage(3_200, 4_000), 'entry')).toEqual({
      code: 'limit.block-rate',
      message: '3200 of 4000 short-term messages used in 5 blocks, 800 of them kept free',
    });
    expect(refuseSend(usage(5, 5), 'cancel')?.message).toBe(
      '5 of 5 short-term messages used in 5 blocks',
    );
  });

  it.each([
    ['a limit that is no number', usage(0, Number.NaN)],
    ['a window that is no number', usage(0, 10, Number.NaN)],
    ['a count that is no number', usage(Number.NaN, 10)],
    ['an endless window', usage(0, 10, Number.POSITIVE_INFINITY)],
  ])('is refused by %s', (_, usages) => {
    expect(refuseSend(usages, 'entry')?.code).toBe('limit.block-rate');
    expect(refuseSend(usages, 'exit')?.code).toBe('limit.block-rate');
  });

  it('that cancels leaves where the rule is no number: it only lowers risk', () => {
    expect(refuseSend(usage(0, Number.NaN), 'cancel')).toBeUndefined();
  });

  it('that adds risk waits for the limits, others do not', () => {
    expect(refuseSend(undefined, 'entry')?.code).toBe('limit.unknown');
    expect(refuseSend(undefined, 'exit')).toBeUndefined();
    expect(refuseSend(undefined, 'cancel')).toBeUndefined();
  });
});

describe('one stateful order more', () => {
  const tiers = [0, 20, 100].map((dollars, index) => ({
    equity: usd(BigInt(dollars) * 1_000_000n),
    limit: [0, 10, 20][index] ?? 0,
  }));
  it.each<readonly [number, number, boolean]>([
    [0, 19, false],
    [0, 20, true],
    [9, 99, true],
    [10, 99, false],
    [19, 100, true],
    [20, 5_000, false],
  ])('with %i open and %i USD: %s', (open, dollars, may) => {
    const equity = usd(BigInt(dollars) * 1_000_000n);
    expect(refuseOpen({ open, equity, tiers }) === undefined).toBe(may);
  });

  it('is refused with the numbers', () => {
    expect(refuseOpen({ open: 10, equity: usd(99_000_000n), tiers })).toEqual({
      code: 'limit.equity-tier',
      message: '10 stateful orders are open, at most 10 with an equity of 99000000 (1e-6 USD)',
    });
  });

  it('is refused while equity or tiers are unknown, or the count is no number', () => {
    expect(refuseOpen({ open: 0, equity: undefined, tiers })?.code).toBe('limit.equity-tier');
    expect(refuseOpen({ open: 0, equity: usd(1n), tiers: undefined })).toBeDefined();
    expect(refuseOpen({ open: Number.NaN, equity: usd(20_000_000n), tiers })).toBeDefined();
  });

  it('is not limited where there are no tiers', () => {
    expect(refuseOpen({ open: 1_000, equity: undefined, tiers: [] })).toBeUndefined();
  });
});

it('an order with terms of its life on chain is stateful', () => {
  expect(sendKindOf({})).toBe('short-term');
  const lifetime = { kind: 'longTerm', goodTilTime: unixMs(60_000) } as const;
  expect(sendKindOf({ lifetime })).toBe('stateful');
  expect(sendKindOf({ stateful: { ...lifetime, includeBy: unixMs(9_000) } })).toBe('stateful');
});

it('margin that the account has asked for raises the market’s and never lowers it', () => {
  const { venueNumber, initialMarginPpm } = btcSpec;
  const custom = (ppm: number) => [{ venueNumber, ppm }];
  expect(withMarginPpm(btcSpec, [])).toBe(btcSpec);
  expect(withMarginPpm(btcSpec, custom(initialMarginPpm - 1))).toBe(btcSpec);
  expect(withMarginPpm(btcSpec, custom(500_000)).initialMarginPpm).toBe(500_000);
  expect(withMarginPpm(btcSpec, [{ venueNumber: venueNumber + 1, ppm: 500_000 }])).toBe(btcSpec);
  expect(sameMarginPpm(btcSpec, custom(Number.NaN))).toBe(false);
});
