/** The brief sight of a market: its own, or made of the view where a sight was made by hand. */
import type { BookState, Level, MarketView } from '../model/book.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { Glance, Sight } from '../ports/strategy.js';

class ViewGlance implements Glance {
  readonly #view: MarketView;

  constructor(view: MarketView) {
    this.#view = view;
  }

  get market(): MarketId {
    return this.#view.market;
  }

  get spec(): MarketSpec {
    return this.#view.spec;
  }

  get bookState(): BookState {
    return this.#view.book.state;
  }

  get bookAt(): UnixMs {
    return this.#view.book.updatedAt;
  }

  get bestBid(): number {
    return this.#view.book.bids[0]?.price ?? Number.NaN;
  }

  get bestAsk(): number {
    return this.#view.book.asks[0]?.price ?? Number.NaN;
  }

  get fundingRate1h(): number | undefined {
    return this.#view.fundingRate1h;
  }

  slipped(side: 'bids' | 'asks', wanted: number): number {
    return slippedOf(this.#view.book[side], wanted);
  }
}

function slippedOf(levels: readonly Level[], wanted: number): number {
  const touch = levels[0]?.price ?? Number.NaN;
  let missing = wanted;
  let slipped = 0;
  for (const { price, size } of levels) {
    const taken = Math.min(missing, size);
    slipped += taken * Math.abs(price - touch);
    missing -= taken;
    if (missing <= 0) return slipped;
  }
  return Infinity;
}

/** Reads no view where there is a glance: making one is what a glance is there to spare. */
export const glanceOf = (sight: Sight): Glance => sight.glance ?? new ViewGlance(sight.view);

/** Mid in ticks; NaN when a side is empty. */
export const glancedMid = ({ bestBid, bestAsk }: Glance): number => (bestBid + bestAsk) / 2;
