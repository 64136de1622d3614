/**
 * What was seen of one market, turn by turn, and the quarter-second bars made of it: the open bar
 * is built anew from its observations whenever somebody asks, a closed one once, from the same.
 * Bars in which nothing came are not kept: their index is missing.
 */
import type { Touch } from '../ports/lenses.js';

export const BAR_MS = 250;
/** A book that says nothing for so long is a new book. */
const GAP_BARS = 120;
/** History in bars: the slowest sum (one minute) gives what is older a weight below 1e-9. */
export const HISTORY_BARS = Math.ceil((60_000 / BAR_MS) * Math.log(1e9));

/** One turn of the market. */
export interface Observation {
  /** Of a live book; undefined when it was none. */
  readonly touch: Touch | undefined;
  /** −1 to 1, of a live book. */
  readonly imbalance: number;
  readonly bought: number;
  readonly sold: number;
}

export interface KeptBar {
  /** Unix time ÷ 250 ms. */
  readonly index: number;
  readonly isLive: boolean;
  /** The series of prices begins anew in this bar. */
  readonly begins: boolean;
  readonly logPrice: number;
  /** Move of the price since the live bar before. */
  readonly change: number;
  readonly bought: number;
  readonly sold: number;
  readonly flow: number;
  readonly turnover: number;
  /** When a live book was first seen in it. */
  readonly imbalance: number;
  readonly depth: number;
}

/** What a bar takes over from those before it. */
interface Carried {
  /** The touch that the next one is compared with; undefined when there is none. */
  readonly touch: Touch | undefined;
  /** Bar of the last touch. */
  readonly pricedIndex: number;
  /** Price of the last live bar of this series. */
  readonly logPrice: number | undefined;
  readonly imbalance: number;
  readonly depth: number;
}

interface Built {
  readonly bar: KeptBar;
  readonly after: Carried;
}

/** Told when a bar is closed, and when bars were passed over: `upTo` is the last of them. */
export interface BarWatcher {
  closed(bar: KeptBar): void;
  passed(upTo: number): void;
}

export class KeptBars {
  /** Oldest first. */
  readonly closed: KeptBar[] = [];
  /** Index of the first bar ever; −1 before. */
  first = -1;
  readonly #watcher: BarWatcher;
  #index = -1;
  #observations: Observation[] = [];
  #before: Carried = {
    touch: undefined,
    pricedIndex: -Infinity,
    logPrice: undefined,
    imbalance: 0,
    depth: 0,
  };

  constructor(watcher: BarWatcher) {
    this.#watcher = watcher;
  }

  /** Index of the open bar; −1 before the first. */
  get index(): number {
    return this.#index;
  }

  /** Whether the newest turn showed a live book. */
  get isPriced(): boolean {
    return this.#build().after.touch !== undefined;
  }

  get open(): KeptBar {
    return this.#build().bar;
  }

  /** Stamps that go back are taken as now. */
  observe(at: number, observation: Observation): void {
    const index = Math.floor(at / BAR_MS);
    if (this.#index < 0) {
      this.#index = index;
      this.first = index;
    } else if (index > this.#index) this.#close(index);
    this.#observations.push(observation);
  }

  #close(next: number): void {
    const { bar, after } = this.#build();
    const passed = next - this.#index - 1;
    this.#watcher.closed(bar);
    this.closed.push(bar);
    this.#before = passed >= GAP_BARS ? { ...after, touch: undefined } : after;
    this.#observations = [];
    this.#index = next;
    if (passed > 0) this.#watcher.passed(next - 1);
    while ((this.closed[0]?.index ?? next) < next - HISTORY_BARS) this.closed.shift();
  }

  #build(): Built {
    return build(this.#index, this.#observations, this.#before);
  }
}

function build(index: number, observations: readonly Observation[], before: Carried): Built {
  const sum = (of: (observation: Observation) => number): number =>
    observations.reduce((all, observation) => all + of(observation), 0);
  let { touch, pricedIndex, logPrice: base } = before;
  let flow = 0;
  let turnover = 0;
  let begins = false;
  for (const { touch: seen } of observations) {
    if (seen !== undefined && touch !== undefined) {
      const bids = added(seen.bidPrice - touch.bidPrice, touch.bidSize, seen.bidSize);
      const asks = added(touch.askPrice - seen.askPrice, touch.askSize, seen.askSize);
      flow += bids - asks;
      turnover += Math.abs(bids) + Math.abs(asks);
    } else if (seen !== undefined && index - pricedIndex > GAP_BARS) begins = true;
    if (seen !== undefined) pricedIndex = index;
    touch = seen;
  }
  if (begins) base = undefined;
  const newest = observations.findLast((observation) => observation.touch !== undefined);
  const logPrice = newest?.touch === undefined ? undefined : microPrice(newest.touch);
  const oldest = observations.find((observation) => observation.touch !== undefined);
  const imbalance = oldest?.imbalance ?? before.imbalance;
  const depth =
    newest?.touch === undefined ? before.depth : (newest.touch.bidSize + newest.touch.askSize) / 2;
  const bar: KeptBar = {
    index,
    isLive: logPrice !== undefined,
    begins,
    logPrice: logPrice ?? 0,
    change: logPrice === undefined || base === undefined ? 0 : logPrice - base,
    bought: sum(({ bought }) => bought),
    sold: sum(({ sold }) => sold),
    flow,
    turnover,
    imbalance,
    depth,
  };
  return { bar, after: { touch, pricedIndex, logPrice: logPrice ?? base, imbalance, depth } };
}

/** Logarithm of the price between bid and ask, nearer to the side on which less is offered. */
const microPrice = ({ bidPrice, bidSize, askPrice, askSize }: Touch): number =>
  Math.log((bidPrice * askSize + askPrice * bidSize) / (bidSize + askSize));

/** Size that one side gained, given by how much its best price improved. */
function added(better: number, before: number, after: number): number {
  if (better === 0) return after - before;
  return better > 0 ? after : -before;
}
