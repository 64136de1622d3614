/**
 * Order book (directional): which side is heavier near the mid, and which side is being filled up.
 *
 * Imbalance = (B − A)/(B + A) of sizes that weigh e^(−distance/λ), smoothed over 2 s. Flow is the
 * order-flow imbalance of Cont, Kukanov and Stoikov: signed changes of the best levels, decayed
 * over 5 s, against their magnitudes and the depth at the touch. Blended 0.6 to 0.4, the score is
 * 50 + 50·tanh(blend / 0.6).
 */
import type { Level, MarketView } from '../model/book.js';
import type { UnixMs } from '../model/quantities.js';
import { remaining } from './decay.js';
import { MarketMemory } from './market-memory.js';
import { topOf, type Top } from './micro-price.js';
import { SampleCounter, scoreOf, type SignalEngine } from './signal-engine.js';

const SMOOTHING_MS = 2_000;
const FLOW_HORIZON_MS = 5_000;
/** A book after a longer silence is a new book. */
const GAP_MS = 30_000;
/** λ: levels lose weight by e for every 5 bps (or one tick, if larger) beyond the touch. */
const REACH_BPS = 5;
const IMBALANCE_WEIGHT = 0.6;
const BLEND_SCALE = 0.6;

interface BookState {
  last: { readonly at: UnixMs; readonly top: Top } | undefined;
  imbalance: number;
  /** Decayed sums of the signed changes and of their magnitudes. */
  flow: number;
  turnover: number;
  readonly samples: SampleCounter;
}

const createState = (): BookState => ({
  last: undefined,
  imbalance: 0,
  flow: 0,
  turnover: 0,
  samples: new SampleCounter(),
});

/** Sizes of one side, weighted by distance beyond the touch. */
function weigh(levels: readonly Level[], touch: number, reach: number): number {
  return levels.reduce(
    (sum, { price, size }) => sum + size * Math.exp(-Math.abs(price - touch) / reach),
    0,
  );
}

function imbalanceOf({ book }: MarketView, { bid, ask }: Top): number {
  const reach = Math.max(1, ((bid.price + ask.price) / 2) * REACH_BPS * 1e-4);
  const bids = weigh(book.bids, bid.price, reach);
  const asks = weigh(book.asks, ask.price, reach);
  return (bids - asks) / (bids + asks);
}

/** Steps added to the touch of one side; `better` is the sign of a price that improves it. */
function added(before: Level, after: Level, better: 1 | -1): number {
  const move = (after.price - before.price) * better;
  if (move > 0) return after.size;
  return move < 0 ? 0 - before.size : after.size - before.size;
}

function observe(state: BookState, at: UnixMs, imbalance: number, top: Top): void {
  const { last } = state;
  state.last = { at, top };
  state.samples.observe(at);
  if (last === undefined) {
    state.imbalance = imbalance;
    return;
  }
  const elapsedMs = at - last.at;
  const bids = added(last.top.bid, top.bid, 1);
  const asks = added(last.top.ask, top.ask, -1);
  const kept = remaining(elapsedMs, FLOW_HORIZON_MS);
  state.imbalance = imbalance + (state.imbalance - imbalance) * remaining(elapsedMs, SMOOTHING_MS);
  state.flow = state.flow * kept + bids - asks;
  state.turnover = state.turnover * kept + Math.abs(bids) + Math.abs(asks);
}

/** −1 to 1. The depth in the divisor keeps a single event from being everything. */
function blend({ imbalance, flow, turnover }: BookState, { bid, ask }: Top): number {
  const depth = (bid.size + ask.size) / 2;
  return IMBALANCE_WEIGHT * imbalance + (1 - IMBALANCE_WEIGHT) * (flow / (turnover + depth));
}

export function orderBookEngine(): SignalEngine {
  const memory = new MarketMemory<{ state: BookState }>(() => ({ state: createState() }));
  return {
    name: 'orderbook',
    accept(view: MarketView) {
      const cell = memory.of(view.spec);
      const top = topOf(view.book);
      const at = view.book.updatedAt;
      if (cell === undefined || top === undefined) return undefined;
      if (at - (cell.state.last?.at ?? at) > GAP_MS) cell.state = createState();
      observe(cell.state, at, imbalanceOf(view, top), top);
      return scoreOf({
        name: 'orderbook',
        market: view.market,
        value: 50 + 50 * Math.tanh(blend(cell.state, top) / BLEND_SCALE),
        at,
        samples: cell.state.samples.count,
      });
    },
    /** Candles say nothing about a book. */
    backfill: () => {},
    drop: (market) => memory.drop(market),
  };
}
