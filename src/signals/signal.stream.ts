/**
 * Layer 4: views in, the four scores of each market out, once per turn.
 *
 * Keyed, never combined across markets: a market that is silent silences nobody but itself.
 */
import {
  connect,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  tap,
  zip,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import type { MarketView } from '../model/book.js';
import { unixMs, type MarketId } from '../model/quantities.js';
import type { Backfill, SignalScore, SignalSet } from '../model/signal.js';
import { momentumEngine } from './momentum.js';
import { orderBookEngine } from './order-book-imbalance.js';
import type { SignalEngine } from './signal-engine.js';
import { volatilityEngine } from './volatility.js';
import { volumeEngine } from './volume.js';

/** One instance of each engine, for all markets. */
export const signalEngines = (): readonly SignalEngine[] => [
  momentumEngine(),
  volumeEngine(),
  volatilityEngine(),
  orderBookEngine(),
];

/** One engine as an operator: for each turn of views the scores that it changed, perhaps none. */
export const scoreWith = (
  engine: SignalEngine,
): OperatorFunction<readonly MarketView[], readonly SignalScore[]> =>
  map((views) => views.map((view) => engine.accept(view)).filter((score) => score !== undefined));

/** The newest set of each market; bounded by the markets that the engines score. */
type SetsByMarket = Map<MarketId, SignalSet>;

function takeIn(sets: SetsByMarket, scores: readonly SignalScore[]): readonly SignalSet[] {
  const changed = new Set<MarketId>();
  for (const score of scores) {
    const { market } = score;
    const before = sets.get(market);
    sets.set(market, {
      market,
      at: unixMs(Math.max(before?.at ?? 0, score.at)),
      scores: { ...before?.scores, [score.name]: score },
    });
    changed.add(market);
  }
  return [...changed].flatMap((market) => sets.get(market) ?? []);
}

export interface SignalInputs {
  /** Hot; one batch per turn. */
  readonly views$: Observable<readonly MarketView[]>;
  readonly backfills$?: Observable<Backfill>;
  /** Markets whose history is void, or that are gone. */
  readonly dropped$?: Observable<MarketId>;
}

/**
 * Sets of the markets that got a new score in this turn; a turn without one emits nothing. Cold:
 * each subscription owns engines of its own, so share it. Completes with its inputs.
 */
export function signals(
  { views$, backfills$ = EMPTY, dropped$ = EMPTY }: SignalInputs,
  createEngines: () => readonly SignalEngine[] = signalEngines,
): Observable<readonly SignalSet[]> {
  return defer(() => {
    const engines = createEngines();
    const sets: SetsByMarket = new Map();
    const backfill = (history: Backfill): void =>
      engines.forEach((engine) => engine.backfill(history));
    const drop = (market: MarketId): void => {
      engines.forEach((engine) => engine.drop(market));
      sets.delete(market);
    };
    const scored$ = views$.pipe(
      connect((turn$) => zip(engines.map((engine) => turn$.pipe(scoreWith(engine))))),
      map((scores) => takeIn(sets, scores.flat())),
      filter((changed) => changed.length > 0),
    );
    return merge(
      merge(backfills$.pipe(tap(backfill)), dropped$.pipe(tap(drop))).pipe(ignoreElements()),
      scored$,
    );
  });
}
