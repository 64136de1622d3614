/** Sights of a fresh market, with the four scores one asks for. */
import { unixMs, type MarketId } from '../../src/model/quantities.js';
import { SIGNAL_NAMES, type SignalName, type SignalSet } from '../../src/model/signal.js';
import type { Candle } from '../../src/model/book.js';
import type { OwnPosition, Sight, Terms } from '../../src/ports/strategy.js';
import { DEFAULT_TERMS, FLAT } from '../../src/strategy/circumstances.js';
import { viewOf, type ViewOptions } from '../signals/view-fixture.js';

export type Values = Partial<Record<SignalName, number>>;

/** Warm scores: directional ones neutral, quality ones good, unless told otherwise. */
export function setOf(market: MarketId, at: number, values: Values = {}): SignalSet {
  const complete = { momentum: 50, orderbook: 50, volume: 70, volatility: 90, ...values };
  const scores = SIGNAL_NAMES.map((name) => [
    name,
    { name, market, value: complete[name], at: unixMs(at), samples: 40, warm: true, parts: {} },
  ]);
  return { market, at: unixMs(at), scores: Object.fromEntries(scores) };
}

interface SightOptions extends ViewOptions {
  readonly now?: number;
  readonly candles?: readonly Candle[];
  readonly position?: OwnPosition;
  readonly terms?: Partial<Terms>;
  readonly field?: ReadonlyMap<MarketId, number>;
}

/** Data of 10,000 ms, looked at 100 ms later. */
export function sightOf(values: Values, options: SightOptions = {}): Sight {
  const view = viewOf({ at: 10_000, ...options });
  return {
    now: unixMs(options.now ?? 10_100),
    view,
    signals: setOf(view.market, 10_000, values),
    candles: (_, count) => (options.candles ?? []).slice(-count),
    position: options.position ?? FLAT,
    terms: { ...DEFAULT_TERMS, ...options.terms },
    field: options.field ?? new Map(),
  };
}
