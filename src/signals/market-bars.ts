/**
 * What a market did, in bars of a quarter of a second: all that the scores are computed from.
 *
 * 1. A turn only writes into the open bar, whatever a score costs: scores are computed when asked.
 * 2. Bars follow each other without holes; one in which nothing came repeats the last price. After
 *    a longer silence the series begins anew.
 * 3. A bar counts only what was seen of a live book. Trades count always.
 */
import type { MarketLens, Touch } from '../ports/lenses.js';

export const BAR_MS = 250;
/** A book that says nothing for so long is a new book: its last price is no starting point. */
export const GAP_BARS = 120;
/** Trades older than this on arrival are history out of a snapshot, not activity. */
const TRADE_AGE_MS_MAX = 60_000;
/** Levels lose their weight in straight line over 10 bps (or two ticks) beyond the touch. */
const REACH_BPS = 10;
const REACH_TICKS_MIN = 2;

/** One bar; sizes in steps. */
export interface Bar {
  /** Unix time ÷ 250 ms. */
  index: number;
  /** Whether a live book was seen in it. */
  isLive: boolean;
  /** Logarithm of the newest micro-price; of a bar without one, of that before. */
  logPrice: number;
  bought: number;
  sold: number;
  trades: number;
  /** Signed changes of the touch, and their magnitudes: order-flow imbalance. */
  flow: number;
  turnover: number;
  /** −1 to 1: which side is heavier near the mid, when last seen. */
  imbalance: number;
  /** Mean size of the touch when last seen. */
  depth: number;
}

/** Who is told of the bars of one market; all state is keyed by market outside. */
export interface BarListener {
  /** A bar is complete. It is reused: copy what must last. */
  close(bar: Readonly<Bar>): void;
  /** So many bars passed in which nothing came. */
  skip(bars: number): void;
  /** The series begins anew: nothing before it counts as a starting point. */
  reset(): void;
}

export class MarketBars {
  readonly #listeners: readonly BarListener[];
  readonly #touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };
  readonly #last: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };
  readonly #open: Bar = {
    index: -1,
    isLive: false,
    logPrice: 0,
    bought: 0,
    sold: 0,
    trades: 0,
    flow: 0,
    turnover: 0,
    imbalance: 0,
    depth: 0,
  };
  #isPriced = false;
  #pricedIndex = -1;
  #microPrice = 1;

  constructor(listeners: readonly BarListener[]) {
    this.#listeners = listeners;
  }

  /** Whether there is a price to speak of. */
  get isPriced(): boolean {
    return this.#isPriced;
  }

  /** The bar that is open, as it would be if it closed now. It is reused. */
  get open(): Readonly<Bar> {
    this.#open.logPrice = Math.log(this.#microPrice);
    return this.#open;
  }

  /** Takes in one turn of the market. */
  accept(lens: MarketLens): void {
    this.#advance(Math.floor(lens.at / BAR_MS));
    if (lens.trades.length > 0) this.#trade(lens);
    const touch = this.#touch;
    if (!lens.readTouch(touch)) {
      this.#isPriced = false;
      return;
    }
    const open = this.#open;
    const { bidPrice, bidSize, askPrice, askSize } = touch;
    this.#microPrice = (bidPrice * askSize + askPrice * bidSize) / (bidSize + askSize);
    open.isLive = true;
    open.depth = (bidSize + askSize) / 2;
    open.imbalance = imbalanceOf(lens, touch);
    if (this.#isPriced) this.#flow(touch);
    else if (open.index - this.#pricedIndex > GAP_BARS) this.#begin();
    this.#isPriced = true;
    this.#pricedIndex = open.index;
    copyTouch(touch, this.#last);
  }

  /** Stamps that go back are taken as now. */
  #advance(index: number): void {
    const open = this.#open;
    if (index <= open.index) return;
    if (open.index < 0) {
      open.index = index;
      return;
    }
    const closing = this.open;
    for (const listener of this.#listeners) listener.close(closing);
    const passed = index - open.index - 1;
    if (passed >= GAP_BARS) this.#isPriced = false;
    if (passed > 0) for (const listener of this.#listeners) listener.skip(passed);
    open.index = index;
    open.isLive = false;
    open.bought = 0;
    open.sold = 0;
    open.trades = 0;
    open.flow = 0;
    open.turnover = 0;
  }

  #begin(): void {
    for (const listener of this.#listeners) listener.reset();
  }

  #trade({ trades, at }: MarketLens): void {
    const open = this.#open;
    for (const trade of trades) {
      if (at - trade.at > TRADE_AGE_MS_MAX) continue;
      if (trade.side === 'buy') open.bought += trade.size;
      else open.sold += trade.size;
      open.trades += 1;
    }
  }

  /** Cont, Kukanov and Stoikov: what was added to the bid less what was added to the ask. */
  #flow({ bidPrice, bidSize, askPrice, askSize }: Touch): void {
    const open = this.#open;
    const last = this.#last;
    const bids = added(bidPrice - last.bidPrice, last.bidSize, bidSize);
    const asks = added(last.askPrice - askPrice, last.askSize, askSize);
    open.flow += bids - asks;
    open.turnover += Math.abs(bids) + Math.abs(asks);
  }
}

function copyTouch(from: Readonly<Touch>, to: Touch): void {
  to.bidPrice = from.bidPrice;
  to.bidSize = from.bidSize;
  to.askPrice = from.askPrice;
  to.askSize = from.askSize;
}

/** Steps added to the touch of one side, whose price improved by `better`. */
function added(better: number, before: number, after: number): number {
  if (better > 0) return after;
  return better < 0 ? -before : after - before;
}

function imbalanceOf(lens: MarketLens, { bidPrice, askPrice }: Touch): number {
  const reach = Math.max(REACH_TICKS_MIN, ((bidPrice + askPrice) / 2) * REACH_BPS * 1e-4);
  const bids = lens.weightNear('bids', reach);
  const asks = lens.weightNear('asks', reach);
  return (bids - asks) / (bids + asks);
}
