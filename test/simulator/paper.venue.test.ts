/** Paper trading: immediate orders against the live book, one block later, and nothing else. */
import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { MarketView } from '../../src/model/book.js';
import type { AccountEvent } from '../../src/model/events.js';
import type { OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  marketId,
  orderId,
  price,
  size,
  steps,
  ticks,
  unixMs,
  usd,
} from '../../src/model/quantities.js';
import type { VenuePort } from '../../src/ports/venue.js';
import { paperVenue } from '../../src/simulator/paper.venue.js';
import { specOf } from '../signals/view-fixture.js';

const market = marketId('BTC-USD');
const spec = specOf('BTC-USD');
const level = (at: number, units: number) => ({ price: ticks(at), size: steps(units) });
const view = (state: MarketView['book']['state'] = 'live'): MarketView => ({
  market,
  spec,
  at: unixMs(0),
  trades: [],
  oracle: undefined,
  oracleAt: undefined,
  fundingRate1h: undefined,
  candle: undefined,
  book: {
    state,
    bids: [level(99, 5), level(98, 5)],
    asks: [level(101, 5), level(102, 5)],
    updatedAt: unixMs(0),
  },
});
const order = (changes: Partial<OrderRequest> = {}): OrderRequest => ({
  orderId: orderId('00000000-0000-5000-8000-000000000001'),
  clientId: clientId(1),
  intentId: 'x',
  strategy: 's',
  market,
  side: 'buy',
  size: size(7_000_000n),
  price: price(10_200_000n),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(9),
  newestFrameAt: unixMs(0),
  heldMs: 0,
  ...changes,
});

function open(state: MarketView['book']['state'] = 'live') {
  const clock = new HeapClock(0);
  const real = {
    indexerHeight: () => of(5),
    chainHeight: () => of(6),
    markets: () => of([]),
    book: () => of('book'),
    candles: () => of([]),
  } as unknown as VenuePort;
  const venue = paperVenue({
    real,
    view: () => view(state),
    height: () => blockHeight(7),
    scheduler: clock.scheduler,
    usdc: usd(1_000_000_000n),
    takerFeePpm: 500,
  });
  const heard: AccountEvent[] = [];
  venue.account$.subscribe((event) => heard.push(event));
  const send = (changes: Partial<OrderRequest> = {}) => {
    const answer = firstValueFrom(venue.place(order(changes), unixMs(clock.now() + 100)));
    clock.advanceTo(clock.now() + 650);
    return answer;
  };
  return { clock, venue, heard, send };
}

describe('paper trading', () => {
  it('takes the levels up to the limit, at their prices, and charges the taker fee rounded up', async () => {
    const { send, heard, venue } = open();
    expect(await send()).toMatchObject({ type: 'accepted', txHash: 'PAPER-1' });
    const [event] = heard;
    if (event?.type !== 'account.update') throw new Error('no update');
    expect(event.update.fills.map((fill) => [fill.price, fill.size])).toEqual([
      [10_100_000n, 5_000_000n],
      [10_200_000n, 2_000_000n],
    ]);
    expect(event.update.orders).toMatchObject([{ status: 'filled', totalFilled: 7_000_000n }]);
    const account = await firstValueFrom(venue.account());
    const [paid, fees] = [50_500n + 20_400n, 26n + 11n];
    expect([account?.usdc, account?.positions]).toEqual([
      1_000_000_000n - paid - fees,
      [{ market, size: 7_000_000n }],
    ]);
    expect(await firstValueFrom(venue.fillsSince(blockHeight(7)))).toHaveLength(2);
    expect(await firstValueFrom(venue.fillsSince(blockHeight(8)))).toEqual([]);
    expect(await firstValueFrom(venue.order(order().orderId))).toMatchObject({ status: 'filled' });
  });

  it('drops what the limit does not reach, and everything when the book is not live', async () => {
    const partly = open();
    await partly.send({ price: price(10_100_000n) });
    expect(partly.heard).toMatchObject([
      { update: { orders: [{ status: 'canceled', totalFilled: 5_000_000n }] } },
    ]);
    const stale = open('stale');
    await stale.send();
    expect(stale.heard).toMatchObject([
      { update: { fills: [], orders: [{ status: 'canceled', totalFilled: 0n }] } },
    ]);
  });

  it('fills a reduce-only order up to the position and not against it', async () => {
    const { send, venue } = open();
    await send();
    await send({
      side: 'sell',
      size: size(9_000_000n),
      price: price(9_800_000n),
      reduceOnly: true,
    });
    expect((await firstValueFrom(venue.account()))?.positions).toEqual([]);
    await send({ side: 'sell', price: price(9_800_000n), reduceOnly: true });
    expect((await firstValueFrom(venue.account()))?.positions).toEqual([]);
  });

  it('sends nothing after the permission, rests nothing, and cancels what is not there', async () => {
    const { clock, venue, heard } = open();
    expect(
      await firstValueFrom(venue.place(order({ timeInForce: 'gtt' }), unixMs(100))),
    ).toMatchObject({ type: 'rejected', code: 'paper:resting' });
    expect(
      await firstValueFrom(
        venue.cancel({
          orderId: order().orderId,
          clientId: clientId(1),
          market,
          goodTilBlock: blockHeight(9),
        }),
      ),
    ).toMatchObject({ type: 'accepted' });
    clock.advanceTo(101);
    expect(await firstValueFrom(venue.place(order(), unixMs(100)))).toMatchObject({
      type: 'unsent',
    });
    expect(await firstValueFrom(venue.openOrders())).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('reads the market from the real venue', async () => {
    const { venue } = open();
    expect(await firstValueFrom(venue.indexerHeight())).toBe(5);
    expect(await firstValueFrom(venue.chainHeight())).toBe(6);
    expect(await firstValueFrom(venue.markets())).toEqual([]);
    expect(await firstValueFrom(venue.book(market))).toBe('book');
    expect(await firstValueFrom(venue.candles(market, 1))).toEqual([]);
  });
});
