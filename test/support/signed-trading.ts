/** The virtual service on signed transactions, with resting orders that no strategy makes. */
import { expect } from 'vitest';
import { orderFlags, orderIdOf } from '../../src/dydx/order-id.codec.js';
import type { OrderFact } from '../../src/model/facts.js';
import type { OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  marketId,
  price,
  size,
  unixMs,
} from '../../src/model/quantities.js';
import { INCLUDE_MS, NO_BLOCK, type Lifetime } from '../../src/model/stateful-order.js';
import { PROMPT } from './prompt-habits.js';
import { SignedSends } from './signed-sends.js';
import { ACCOUNT } from './exchange-ground.js';
import { VirtualService } from './virtual-service.js';

const BTC = marketId('BTC-USD');

export interface Setting {
  readonly service: VirtualService;
  readonly sends: () => SignedSends;
}

export async function trading(isCopied = false, holdSeconds = 5): Promise<Setting> {
  const made: { sends?: SignedSends } = {};
  const service = new VirtualService({
    hosting: { isCopied, habits: PROMPT },
    flags: {
      strategies: [{ minConfidence: 1, maxHoldSeconds: holdSeconds, coolDownSeconds: 1 }],
    },
    sends: (owner, http) => (made.sends ??= new SignedSends(owner, http)),
  });
  await service.ready();
  const sends = (): SignedSends => made.sends ?? new SignedSends(service, undefined as never);
  return { service, sends };
}

export const change = ({ host }: VirtualService, faults: object): void =>
  expect(host.dice.change(faults)).toEqual([]);

let made = 0;
export interface RestTerms {
  /** The limit price as a share of the best bid. */
  readonly ofBid?: number;
  /** Before it is no time to include it any more. */
  readonly includeMs?: number;
}

/** A buy of ten steps, by default far enough below the best bid not to be hit by chance. */
export function rest(
  { root, clock, host }: VirtualService,
  lifetime?: Lifetime,
  { ofBid = 0.99, includeMs = INCLUDE_MS }: RestTerms = {},
): OrderRequest {
  const spec = root.pipeline.fold.spec(BTC);
  const bid = root.pipeline.fold.view(BTC, clock.now())?.book.bids[0]?.price;
  if (spec === undefined || bid === undefined) throw new Error('no book');
  made += 1;
  const id = clientId(2 ** 20 + 500_000 + made);
  const subaccount = { address: ACCOUNT.owner, number: ACCOUNT.number };
  const { venueNumber } = spec;
  const request: OrderRequest = {
    orderId: orderIdOf({ subaccount, clientId: id, venueNumber, flags: orderFlags(lifetime) }),
    clientId: id,
    intentId: `sniper/BTC-USD/rest.${made}`,
    strategy: 'sniper',
    market: BTC,
    side: 'buy',
    size: size(spec.step * 10n),
    price: price(BigInt(Math.floor(bid * ofBid)) * spec.tick),
    timeInForce: 'gtt',
    reduceOnly: false,
    purpose: 'entry',
    goodTilBlock: lifetime === undefined ? blockHeight(host.exchange.height + 10) : NO_BLOCK,
    ...(lifetime === undefined
      ? {}
      : { stateful: { ...lifetime, includeBy: unixMs(clock.now() + includeMs) } }),
    newestFrameAt: clock.now(),
    heldMs: 0,
  };
  root.world.inbox.enter('fact', 'test', () => {
    root.core.orders.register(request);
    root.hub.desks.next('sniper', { type: 'desk.place', request });
  });
  return request;
}

/** The terms of a long-term order that ends so many seconds from now. */
export const longTerm = ({ clock }: VirtualService, seconds = 600): Lifetime => ({
  kind: 'longTerm',
  goodTilTime: unixMs((Math.floor(clock.now() / 1000) + seconds) * 1000),
});

export function tell({ root }: VirtualService, { orderId }: OrderRequest, fact: OrderFact): void {
  root.world.inbox.enter('fact', 'test', () => void root.core.tellOrder(orderId, fact));
}

export const stateOf = ({ root }: VirtualService, { orderId }: OrderRequest): string | undefined =>
  root.core.orders.get(orderId)?.state;

export function placed(service: VirtualService, index = 0): OrderRequest {
  const intent = service.entries('order.intent')[index];
  if (intent === undefined) throw new Error('nothing was ordered');
  return intent.request;
}

/** Booked once each, agreed with the exchange, nothing left open. */
export async function settled(service: VirtualService, withinMs = 60_000): Promise<void> {
  await service.until(() => service.root.core.orders.live().length === 0, withinMs);
  await service.until(() => service.venuePosition('BTC-USD') === 0n, withinMs);
  await service.until(() => service.position('BTC-USD') === 0n, withinMs);
  await service.clock.advance(5_000);
  const fills = service.entries('fill').map(({ fill }) => fill.fillId);
  expect(new Set(fills).size).toBe(fills.length);
  expect(fills).toHaveLength(service.host.exchange.fills(ACCOUNT).length);
  expect(service.root.core.usdc()).toBe(service.venueUsdc());
}
