/**
 * The virtual service with a strategy that quotes, on signed transactions: what rests at the venue,
 * what was ordered, and the invariants of quoting while it runs and when it is over.
 */
import { expect } from 'vitest';
import { isLive, recoverState } from '../../src/journal/journal-state.js';
import type { OrderRequest } from '../../src/model/order.js';
import { ACCOUNT } from './exchange-ground.js';
import { PROMPT } from './prompt-habits.js';
import { SignedSends } from './signed-sends.js';
import { VirtualService, type VirtualOptions } from './virtual-service.js';

export interface Quoting {
  readonly service: VirtualService;
  readonly sends: () => SignedSends | undefined;
}

export const MAKER = {
  name: 'marketMaker',
  orderNotionalUsd: 100,
  maxPositions: 1,
  halfSpreadBps: 20,
};
/** Quotes so close that they are hit again and again. */
export const CLOSE = { halfSpreadBps: 0.1, edgeBpsMin: 0, makerFeeBps: 0, volatilityFactor: 0 };

/** A market maker with these settings, unless the options say otherwise. */
export function quoting(settings: object = {}, options: VirtualOptions = {}): Quoting {
  const made: { sends?: SignedSends } = {};
  const service = new VirtualService({
    hosting: { habits: PROMPT },
    sends: (owner, http) => (made.sends = new SignedSends(owner, http)),
    ...options,
    flags: { strategies: [{ ...MAKER, ...settings }], ...options.flags },
  });
  return { service, sends: () => made.sends };
}

export const resting = ({ host }: VirtualService) =>
  host.exchange
    .orders(ACCOUNT)
    .filter(({ status }) => status === 'BEST_EFFORT_OPENED' || status === 'OPEN');
export const sides = (service: VirtualService): string[] =>
  resting(service).map(({ side }) => side);
export const requests = (service: VirtualService): OrderRequest[] =>
  service.entries('order.intent').map(({ request }) => request);
export const quotes = (service: VirtualService): OrderRequest[] =>
  requests(service).filter(({ timeInForce }) => timeInForce === 'postOnly');
export const pulled = (service: VirtualService): unknown[] =>
  service.logged('quotes.pulled').map(({ reason }) => reason);

export const pause = (service: VirtualService): void =>
  service.root.world.inbox.enter('command', 'test', () => {
    const { name } = service.root.world.config.strategies[0] ?? MAKER;
    service.root.hub.strategies.next(name, { type: 'strategy.pause' });
  });

/** Looks at every tenth of a second: never two orders on a side, nor too many markets. */
export async function watch(service: VirtualService, ms: number): Promise<void> {
  const { maxPositions } = service.root.world.config.strategies[0] ?? MAKER;
  for (let at = 0; at < ms; at += 100) {
    await service.clock.advance(100);
    const live = service.root.core.orders
      .live()
      .filter(({ request }) => request.timeInForce === 'postOnly')
      .map(({ request }) => `${request.market} ${request.side}`);
    expect(new Set(live).size).toBe(live.length);
    expect(marketsOf(service).size).toBeLessThanOrEqual(maxPositions);
    const there = resting(service).map(({ id, side }) => `${id.clobPairId} ${side}`);
    expect(new Set(there).size).toBe(there.length);
  }
}

/** Where something is held, or may still be filled. */
function marketsOf({ root }: VirtualService): ReadonlySet<string> {
  const { orders, books } = root.core;
  const held = books.positions.positions().filter(({ size }) => size !== 0n);
  return new Set([
    ...orders.live().map(({ request }) => request.market),
    ...held.map(({ market }) => market),
  ]);
}

/**
 * Nothing is open, every fill is booked once, the exchange has the same figures, and so has the
 * journal.
 */
export async function atEnd(service: VirtualService): Promise<void> {
  await service.until(() => service.root.core.orders.live().length === 0);
  await service.clock.advance(5_000);
  expect(resting(service)).toEqual([]);
  const fills = service.entries('fill').map(({ fill }) => fill.fillId);
  expect(new Set(fills).size).toBe(fills.length);
  expect(fills).toHaveLength(service.host.exchange.fills(ACCOUNT).length);
  expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
  expect(service.root.core.usdc()).toBe(service.venueUsdc());
  const errors = service.log.filter(({ level }) => level === 'error');
  expect(errors.filter(({ event }) => !event.startsWith('risk.'))).toEqual([]);
  journalAgrees(service);
}

/** Intents before bytes, numbers used once, cancels that reach, no overfill, the same positions. */
function journalAgrees(service: VirtualService): void {
  const all = requests(service);
  const orders = new Map(all.map(({ orderId, clientId }) => [orderId, clientId]));
  const numbers = new Set<number>(orders.values());
  expect(numbers.size).toBe(orders.size);
  const atVenue = service.host.exchange.orders(ACCOUNT);
  expect(atVenue.filter(({ id }) => !numbers.has(id.clientId))).toEqual([]);
  for (const { request } of service.entries('cancel.intent')) {
    const cancels = service.rows.findLastIndex(
      ({ entry }) => entry.type === 'cancel.intent' && entry.request === request,
    );
    const before = service.rows.slice(0, cancels).map(({ entry }) => entry);
    for (const entry of before) {
      if (entry.type !== 'order.intent' || entry.request.orderId !== request.orderId) continue;
      expect(request.goodTilBlock).toBeGreaterThanOrEqual(entry.request.goodTilBlock);
    }
  }
  for (const orderId of orders.keys()) {
    const fills = service.entries('fill').filter(({ fill }) => fill.orderId === orderId);
    const filled = fills.reduce((sum, { fill }) => sum + fill.size, 0n);
    expect(all.some((one) => one.orderId === orderId && one.size >= filled)).toBe(true);
  }
  const recovered = recoverState(service.rows);
  expect(recovered.orders.filter(isLive)).toEqual([]);
  const held = recovered.positions.find(({ market }) => market === 'BTC-USD');
  expect(held?.size ?? 0n).toBe(service.position('BTC-USD'));
}
