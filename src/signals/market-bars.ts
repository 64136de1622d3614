/**
 * What a market did, in bars of a quarter of a second: all that the scores are computed from.
 *
 * 1. A turn only writes into the open bar, whatever a score costs: scores are computed when asked.
 * 2. Bars follow each other without holes; one in which nothing came repeats the last price. After
 *    a longer silence the series begins anew.
 * 3. A bar counts only what was seen of a live book. Trades count always.
 * 4. Walking down a book is dear: it is done once a bar. What happens at the touch is always seen.
 */
import type { MarketLens, Touch } from '../ports/lenses.js';
import type { ScoreTable } from './score-table.js';

export const BAR_MS = 250;
/** A book that says nothing for so long is a new book: its last price is no starting point. */
export const GAP_BARS = 120;
/** Trades older than this on arrival are history out of a snapshot, not activity. */
const TRADE_AGE_MS_MAX = 5_000;
/** Levels lose their weight in straight line over 10 bps (or two ticks) beyond the touch. */
const REACH_BPS = 10;
const REACH_TICKS_MIN = 2;

/** The columns of the open bar, and of what goes on from bar to bar; sizes in steps. */
export class BarColumns {
  /** Unix time ÷ 250 ms; negative before anything was seen. */
  readonly index: number;
  /** 1 when a live book was seen in it. */
  readonly isLive: number;
  readonly bought: number;
  readonly sold: number;
  /** Signed changes of the touch, and their magnitudes: order-flow imbalance. */
  readonly flow: number;
  readonly turnover: number;
  /** −1 to 1: which side is heavier near the mid, when first seen in the newest live bar. */
  readonly imbalance: number;
  /** Mean size of the touch when last seen. */
  readonly depth: number;
  /** 1 when there is a price to speak of. */
  readonly isPriced: number;
  readonly pricedIndex: number;
  readonly microPrice: number;
  readonly bidPrice: number;
  readonly bidSize: number;
  readonly askPrice: number;
  readonly askSize: number;
  /** Logarithm of the newest micro-price; as of the last `settle`. */
  readonly logPrice: number;
  /** The same of the newest live bar that is complete; NaN where a series begins. */
  readonly lastLogPrice: number;

  constructor(table: ScoreTable) {
    this.index = table.column(-1);
    this.isLive = table.column();
    this.bought = table.column();
    this.sold = table.column();
    this.flow = table.column();
    this.turnover = table.column();
    this.imbalance = table.column();
    this.depth = table.column();
    this.isPriced = table.column();
    this.pricedIndex = table.column(-1);
    this.microPrice = table.column(1);
    this.bidPrice = table.column();
    this.bidSize = table.column();
    this.askPrice = table.column();
    this.askSize = table.column();
    this.logPrice = table.column();
    this.lastLogPrice = table.column(Number.NaN);
  }
}

/** Who is told of the bars of every market; the row says of which. */
export interface BarListener {
  /** The open bar is complete. */
  close(row: number): void;
  /** So many bars passed in which nothing came. */
  skip(row: number, bars: number): void;
  /** The series begins anew: nothing before it counts as a starting point. */
  reset(row: number): void;
}

export class MarketBars {
  readonly columns: BarColumns;
  readonly #table: ScoreTable;
  readonly #touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };
  #listeners: readonly BarListener[] = [];

  constructor(table: ScoreTable) {
    this.#table = table;
    this.columns = new BarColumns(table);
  }

  tell(listeners: readonly BarListener[]): void {
    this.#listeners = listeners;
  }

  /** Whether there is a price to speak of. */
  isPriced(row: number): boolean {
    return this.#table.cells[row + this.columns.isPriced] === 1;
  }

  /** The open bar is from now on as it would be if it closed now. */
  settle(row: number): void {
    const { cells } = this.#table;
    cells[row + this.columns.logPrice] = Math.log(cells[row + this.columns.microPrice] ?? 0);
  }

  /** Takes in one turn of the market. */
  accept(row: number, lens: MarketLens): void {
    this.#advance(row, Math.floor(lens.at / BAR_MS));
    if (lens.trades.length > 0) this.#trade(row, lens);
    const { cells } = this.#table;
    const { columns } = this;
    const touch = this.#touch;
    if (!lens.readTouch(touch)) {
      cells[row + columns.isPriced] = 0;
      return;
    }
    const { bidPrice, bidSize, askPrice, askSize } = touch;
    const index = cells[row + columns.index] ?? 0;
    cells[row + columns.microPrice] =
      (bidPrice * askSize + askPrice * bidSize) / (bidSize + askSize);
    if (cells[row + columns.isLive] !== 1) {
      cells[row + columns.isLive] = 1;
      cells[row + columns.imbalance] = imbalanceOf(lens, touch);
    }
    cells[row + columns.depth] = (bidSize + askSize) / 2;
    if (cells[row + columns.isPriced] === 1) this.#flow(row, touch);
    else if (index - (cells[row + columns.pricedIndex] ?? 0) > GAP_BARS) this.#begin(row);
    cells[row + columns.isPriced] = 1;
    cells[row + columns.pricedIndex] = index;
    cells[row + columns.bidPrice] = bidPrice;
    cells[row + columns.bidSize] = bidSize;
    cells[row + columns.askPrice] = askPrice;
    cells[row + columns.askSize] = askSize;
  }

  /** Stamps that go back are taken as now. */
  #advance(row: number, index: number): void {
    const { cells } = this.#table;
    const { columns } = this;
    const open = cells[row + columns.index] ?? 0;
    if (index <= open) return;
    cells[row + columns.index] = index;
    if (open < 0) return;
    this.settle(row);
    for (const listener of this.#listeners) listener.close(row);
    if (cells[row + columns.isLive] === 1) {
      cells[row + columns.lastLogPrice] = cells[row + columns.logPrice] ?? 0;
    }
    const passed = index - open - 1;
    if (passed >= GAP_BARS) cells[row + columns.isPriced] = 0;
    if (passed > 0) for (const listener of this.#listeners) listener.skip(row, passed);
    cells[row + columns.isLive] = 0;
    cells[row + columns.bought] = 0;
    cells[row + columns.sold] = 0;
    cells[row + columns.flow] = 0;
    cells[row + columns.turnover] = 0;
  }

  #begin(row: number): void {
    this.#table.cells[row + this.columns.lastLogPrice] = Number.NaN;
    for (const listener of this.#listeners) listener.reset(row);
  }

  #trade(row: number, { trades, at }: MarketLens): void {
    const { cells } = this.#table;
    const { bought, sold } = this.columns;
    for (const trade of trades) {
      if (at - trade.at > TRADE_AGE_MS_MAX) continue;
      const column = row + (trade.side === 'buy' ? bought : sold);
      cells[column] = (cells[column] ?? 0) + trade.size;
    }
  }

  /** Cont, Kukanov and Stoikov: what was added to the bid less what was added to the ask. */
  #flow(row: number, { bidPrice, bidSize, askPrice, askSize }: Touch): void {
    const { cells } = this.#table;
    const { columns } = this;
    const betterBid = bidPrice - (cells[row + columns.bidPrice] ?? 0);
    const betterAsk = (cells[row + columns.askPrice] ?? 0) - askPrice;
    const bids = added(betterBid, cells[row + columns.bidSize] ?? 0, bidSize);
    const asks = added(betterAsk, cells[row + columns.askSize] ?? 0, askSize);
    const turnover = Math.abs(bids) + Math.abs(asks);
    cells[row + columns.flow] = (cells[row + columns.flow] ?? 0) + bids - asks;
    cells[row + columns.turnover] = (cells[row + columns.turnover] ?? 0) + turnover;
  }
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

/** Log-return of the open bar, which is settled; 0 without a starting point. */
export function changeIn(cells: Float64Array, row: number, bars: BarColumns): number {
  const last = cells[row + bars.lastLogPrice] ?? 0;
  const isKnown = cells[row + bars.isLive] === 1 && !Number.isNaN(last);
  return isKnown ? (cells[row + bars.logPrice] ?? 0) - last : 0;
}

/** A live bar that has a starting point is one more sample. */
export function countSample(
  cells: Float64Array,
  row: number,
  { bars, samples }: { readonly bars: BarColumns; readonly samples: number },
): void {
  if (cells[row + bars.isLive] !== 1 || Number.isNaN(cells[row + bars.lastLogPrice])) return;
  cells[row + samples] = (cells[row + samples] ?? 0) + 1;
}
