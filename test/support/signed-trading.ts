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
import { VirtualService, type VirtualOptions } from './virtual-service.js';

const BTC = marketId('BTC-USD');

export interface Setting {
  readonly service: VirtualService;
  readonly sends: () => SignedSends;
}

export const trading = (isCopied = false, holdSeconds = 5): Promise<Setting> =>
  withSends({
    hosting: { isCopied, habits: PROMPT },
    flags: {
      strategies: [{ minConfidence: 1, maxHoldSeconds: holdSeconds, coolDownSeconds: 1 }],
    },
  });

/** The same with a strategy that neither enters nor leaves. */
export const holding = (): Promise<Setting> =>
  withSends({
    hosting: { habits: PROMPT },
    flags: { strategies: [{ file: './mine.ts' }] },
    authored: () => ({ decide: () => ({ type: 'hold', reasons: ['told'] }) }),
  });

async function withSends(options: VirtualOptions): Promise<Setting> {
  const made: { sends?: SignedSends } = {};
  const service = new VirtualService({
    ...options,
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
  const { name: strategy = 'none' } = root.world.config.strategies[0] ?? {};
  const id = clientId(2 ** 20 + 500_000 + made);
  const subaccount = { address: ACCOUNT.owner, number: ACCOUNT.number };
  const { venueNumber } = spec;
  const request: OrderRequest = {
    orderId: orderIdOf({ subaccount, clientId: id, venueNumber, flags: orderFlags(lifetime) }),
    clientId: id,
    intentId: `${strategy}/BTC-USD/rest.${made}`,
    strategy,
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
    root.hub.desks.next(strategy, { type: 'desk.place', request });
  });
  return request;
}

const SELLER = { owner: 'dydx1seller', number: 0 };

/** Another trader sells so much at the order's price, right after `first`: have it rest at the top. */
export async function hit(
  { clock, host }: VirtualService,
  { price: subticks }: OrderRequest,
  quantums: bigint,
  first = (): void => undefined,
): Promise<void> {
  host.submit({ type: 'fund', subaccount: SELLER, quoteQuantums: 10_000_000_000_000n });
  await clock.advance(1_500);
  first();
  host.submit({
    type: 'place',
    order: {
      id: { subaccount: SELLER, clientId: 1, orderFlags: 0, clobPairId: 0 },
      side: 'SELL',
      quantums,
      subticks,
      goodTilBlock: host.exchange.height + 5,
      goodTilBlockTime: 0,
      timeInForce: 'IOC',
      reduceOnly: false,
      clientMetadata: 0,
    },
  });
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
