/** One round trip in virtual time: a decision, an order, a fill, a position, and an exit at its age. */
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

describe('one round trip', () => {
  const service = new VirtualService();
  beforeAll(async () => {
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 20_000);
    await service.clock.advance(30_000);
  });

  it('enters once and leaves reduce-only when the position is old enough', () => {
    const intents = service
      .entries('order.intent')
      .map(({ request }) => [request.purpose, request.reduceOnly]);
    expect(intents).toEqual([
      ['entry', false],
      ['exit', true],
    ]);
    const exit = service.logged('position').find(({ state }) => state === 'exiting');
    expect(exit).toMatchObject({ market: 'BTC-USD' });
  });

  it('agrees with the exchange on positions and USDC, to the last 1e-6', () => {
    expect(service.venuePosition('BTC-USD')).toBe(0n);
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
  });

  it('has every intent in the journal before its answer, and every end after its fills', () => {
    const order = service.rows.map(({ entry }) => entry.type);
    for (const { request } of service.entries('order.intent')) {
      const at = (type: string): number =>
        service.rows.findIndex(
          ({ entry }) =>
            entry.type === type && JSON.stringify(entry, text).includes(request.orderId),
        );
      expect(at('order.intent')).toBeLessThan(at('order.sent'));
      expect(at('order.intent')).toBeLessThan(at('fill'));
      expect(at('fill')).toBeLessThan(at('order.end'));
    }
    expect(order[0]).toBe('run');
    expect(service.rows.every((row, index) => row.sequence === index + 1)).toBe(true);
  });

  it('counts every frame, measures every hop, and has nothing unexplained', () => {
    const { received, applied, rejected, quarantined } = service.root.pipeline.counts;
    expect(received).toBe(applied + rejected + quarantined);
    expect([rejected, quarantined]).toEqual([0, 0]);
    expect(new Set(service.hops)).toEqual(
      new Set(['decode', 'turn', 'journal', 'broadcast', 'frame-to-broadcast']),
    );
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(service.root.core.latency.figures().n).toBe(2);
  });

  it('shows the operator state, markets, signals, reasons, orders, positions and risk', () => {
    const { control } = service;
    expect(control.state()).toMatchObject({
      network: 'embedded',
      mode: 'live',
      state: 'trading',
      permission: { granted: true, reasons: [] },
    });
    expect(control.state().connections).toMatchObject([
      { name: 'stream-0', state: 'session.live.fresh' },
    ]);
    expect(control.markets().map(({ market, bookState }) => [market, bookState])).toEqual([
      ['BTC-USD', 'live'],
      ['ETH-USD', 'live'],
    ]);
    expect(new Set(control.signals().map(({ name }) => name))).toEqual(
      new Set(['momentum', 'volume', 'volatility', 'orderbook']),
    );
    expect(control.decisions()[0]?.reasons.length).toBeGreaterThan(0);
    expect(control.orders().map(({ state }) => state)).toEqual(['closed.filled', 'closed.filled']);
    expect(control.positions()).toMatchObject([
      { market: 'BTC-USD', strategy: 'sniper', size: '0', averageEntry: null },
    ]);
    expect(control.risk()).toMatchObject({
      level: 'active',
      breaches: [],
      exposureUsd: '0',
      denials: [],
    });
  });
});

it('the same seed gives the same journal, twice', async () => {
  const run = async (): Promise<string> => {
    const service = new VirtualService({
      flags: { strategies: [{ minConfidence: 0.3, maxHoldSeconds: 5 }] },
      preset: 'trend',
      markets: 3,
    });
    await service.start();
    await service.clock.advance(60_000);
    expect(service.entries('order.intent').length).toBeGreaterThan(2);
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
    return JSON.stringify(service.rows, text);
  };
  expect(await run()).toBe(await run());
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
