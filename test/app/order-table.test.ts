/** The table of orders: what counts, what has ended, and what is forgotten. */
import { describe, expect, it } from 'vitest';
import { OrderTable } from '../../src/app/order-table.js';
import { LatencySamples } from '../../src/app/run-report.js';
import type { OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  marketId,
  orderId,
  price,
  size,
  unixMs,
} from '../../src/model/quantities.js';

const request = (n: number): OrderRequest => ({
  orderId: orderId(`00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`),
  clientId: clientId(n),
  intentId: `sniper/BTC-USD/1.${n}`,
  strategy: 'sniper',
  market: marketId('BTC-USD'),
  side: 'buy',
  size: size(10n),
  price: price(5n),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(n),
  newestFrameAt: unixMs(0),
  heldMs: 0,
});
const named = (n: number) => ({
  orderId: request(n).orderId,
  intentId: request(n).intentId,
  market: request(n).market,
});

describe('the order table', () => {
  it('counts an order as live from its registration to its end', () => {
    const table = new OrderTable();
    table.register(request(1));
    table.report({
      type: 'order.changed',
      ...named(1),
      state: 'working.open',
      live: true,
      filled: size(4n),
      reason: undefined,
    });
    table.answered(request(1).orderId, { type: 'unknown', reason: 'x' });
    expect(table.live()).toMatchObject([
      { state: 'working.open', filled: 4n, answer: { type: 'unknown' } },
    ]);
    expect(table.goodTilBlocks()).toEqual([1]);
    table.report({
      type: 'order.ended',
      ...named(1),
      end: 'canceled',
      filled: size(4n),
      reason: 'why',
    });
    expect(table.live()).toEqual([]);
    expect(table.get(request(1).orderId)).toMatchObject({
      state: 'closed.canceled',
      end: 'canceled',
      reason: 'why',
    });
    table.report({ type: 'order.lateFill', ...named(1), filled: size(10n) });
    expect(table.get(request(1).orderId)?.filled).toBe(10n);
    expect(table.counts()).toEqual({ canceled: 1, live: 0 });
  });

  it('changes nothing for reports that only ask or warn, or are of orders it does not know', () => {
    const table = new OrderTable();
    table.report({ type: 'order.sweepNeeded', ...named(1) });
    table.report({ type: 'order.anomaly', ...named(1), cause: 'order.overfill', evidence: 'x' });
    table.report({
      type: 'order.ended',
      ...named(1),
      end: 'filled',
      filled: size(1n),
      reason: undefined,
    });
    expect(table.all()).toEqual([]);
  });

  it('remembers ended orders and their intents, the newest two thousand', () => {
    const table = new OrderTable();
    for (let n = 1; n <= 2_001; n += 1) table.remember(request(n), 'expired', size(0n));
    expect(table.get(request(1).orderId)).toBeUndefined();
    expect(table.isKnownIntent(request(1).intentId)).toBe(false);
    expect(table.isKnownIntent(request(2).intentId)).toBe(true);
    expect(table.all()).toHaveLength(2_000);
    expect(table.counts()).toEqual({ live: 0 });
  });
});

describe('latency figures', () => {
  it('are nearest ranks, and nothing for nothing', () => {
    const samples = new LatencySamples();
    expect(samples.figures()).toEqual({ p50: null, p99: null, max: null, n: 0 });
    for (let ms = 100; ms >= 1; ms -= 1) samples.observe(ms + 0.001);
    expect(samples.figures()).toEqual({ p50: 50, p99: 99, max: 100, n: 100 });
  });
});
