/**
 * The scorecard as a stage: markets, scores and verdicts in, nothing out; what it has counted is
 * read from the fold. Once a second every market with a live book is looked at: its mid, its warm
 * scores, and what each strategy last said of it.
 *
 * Bounded: at most 1,024 markets, 10 KB each, and one remembered verdict per strategy and market.
 */
import {
  defer,
  ignoreElements,
  interval,
  map,
  merge,
  tap,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import type { Verdict } from '../model/decision.js';
import { tickUsd } from '../model/market.js';
import type { MarketId } from '../model/quantities.js';
import {
  SIGNAL_NAMES,
  type SignalName,
  type SignalScore,
  type SignalSet,
} from '../model/signal.js';
import { eachOf } from '../operators/each-of.stream.js';
import { latestByMarket } from '../operators/latest-by-market.stream.js';
import { scanByMarket } from '../operators/scan-by-market.stream.js';
import type { MarketLens, SignalLens, Touch } from '../ports/lenses.js';
import { LookRing, type Sample } from './look-ring.js';
import {
  bucketOf,
  LOOK_EVERY_MS,
  pointingOf,
  type Look,
  type Pointing,
  type Scorecard,
} from './scorecard.js';

const MARKETS_MAX = 1_024;
/** What a strategy or a score said longer ago is no opinion any more. */
const OPINION_AGE_MS_MAX = 2_000;
const NEUTRAL = 50;
const SIGNAL_SCALE = 100;

export interface ScorecardInputs {
  /** Hot; one batch per turn. */
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly signals$: Observable<readonly SignalLens[]>;
  /** Every look of every strategy. */
  readonly verdicts$: Observable<Verdict>;
}

interface Opinion {
  readonly confidence: number;
  readonly pointing: Pointing;
  readonly at: number;
}

interface MarketSample extends Sample {
  readonly market: MarketId;
}

/** Never emits; lives until it is unsubscribed. */
export function scoring(
  { markets$, signals$, verdicts$ }: ScorecardInputs,
  scorecard: Scorecard,
  scheduler: SchedulerLike,
): Observable<never> {
  return defer(() => {
    const samples = new Sampler(scorecard);
    return merge(
      markets$.pipe(
        eachOf(),
        latestByMarket(),
        tap((lenses) => (samples.markets = lenses)),
        ignoreElements(),
      ),
      signals$.pipe(
        eachOf(),
        latestByMarket(),
        tap((lenses) => (samples.signals = lenses)),
        ignoreElements(),
      ),
      verdicts$.pipe(
        tap((verdict) => samples.hear(verdict)),
        ignoreElements(),
      ),
      interval(LOOK_EVERY_MS, scheduler).pipe(map(() => samples.at(scheduler.now()))),
    ).pipe(
      eachOf(),
      scanByMarket(
        () => new LookRing(),
        (ring, sample: MarketSample) => ring.take(sample, scorecard),
      ),
      ignoreElements(),
    );
  });
}

class Sampler {
  markets: ReadonlyMap<MarketId, MarketLens> = new Map();
  signals: ReadonlyMap<MarketId, SignalLens> = new Map();
  readonly #opinions = new Map<string, Map<MarketId, Opinion>>();
  readonly #scorecard: Scorecard;
  readonly #touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };

  constructor(scorecard: Scorecard) {
    this.#scorecard = scorecard;
  }

  hear({ strategy, market, confidence, direction, decidedAt }: Verdict): void {
    let opinions = this.#opinions.get(strategy);
    if (opinions === undefined) {
      if (this.#scorecard.subject(strategy) < 0) return;
      opinions = new Map();
      this.#opinions.set(strategy, opinions);
    }
    if (confidence === undefined || direction === undefined) opinions.delete(market);
    else opinions.set(market, { confidence, pointing: pointingOf(direction), at: decidedAt });
  }

  at(now: number): readonly MarketSample[] {
    const second = Math.round(now / LOOK_EVERY_MS);
    const samples: MarketSample[] = [];
    let left = MARKETS_MAX;
    for (const [market, lens] of this.markets) {
      if (left === 0) break;
      left -= 1;
      if (!lens.readTouch(this.#touch)) continue;
      const ticks = (this.#touch.bidPrice + this.#touch.askPrice) / 2;
      // In USD: governance may change the tick between two looks.
      const mid = ticks * tickUsd(lens.spec);
      samples.push({ market, second, mid, looks: this.#looksAt(market, now) });
    }
    this.#scorecard.noteLeftOut(Math.max(0, this.markets.size - MARKETS_MAX));
    return samples;
  }

  #looksAt(market: MarketId, now: number): readonly Look[] {
    const set = this.signals.get(market)?.set();
    const looks = set === undefined ? [] : signalLooks(set, now);
    for (const [strategy, opinions] of this.#opinions) {
      const opinion = opinions.get(market);
      if (opinion === undefined || now - opinion.at > OPINION_AGE_MS_MAX) continue;
      const { confidence, pointing } = opinion;
      const subject = this.#scorecard.subject(strategy);
      looks.push({ subject, bucket: bucketOf(confidence, 1), pointing });
    }
    return looks;
  }
}

/**
 * Of the warm scores that are fresh. Momentum and order book point by themselves; volume and
 * volatility say when it is a good time to be right, so they are judged by where momentum points.
 */
function signalLooks({ scores }: SignalSet, now: number): Look[] {
  const isTold = (score: SignalScore | undefined): score is SignalScore =>
    score?.warm === true && now - score.at <= OPINION_AGE_MS_MAX;
  const pointingBy = (name: SignalName): Pointing => {
    const score = scores[name];
    return isTold(score) ? pointingOf(score.value - NEUTRAL) : 0;
  };
  const momentum = pointingBy('momentum');
  const looks: Look[] = [];
  for (const [subject, name] of SIGNAL_NAMES.entries()) {
    const score = scores[name];
    if (!isTold(score)) continue;
    const pointing = name === 'orderbook' ? pointingBy(name) : momentum;
    looks.push({ subject, bucket: bucketOf(score.value, SIGNAL_SCALE), pointing });
  }
  return looks;
}
