/**
 * Layer 5 by callbacks and timers: each market is looked at when it changed, at most once per
 * throttle and with its last state always; one that falls silent once more; and a verdict that
 * lasts through the stability window is a decision. The strategy is passed in and shared.
 */
import type { Verdict } from '../model/decision.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { OwnPosition, Strategy, Terms } from '../ports/strategy.js';
import type { BatchMarket } from './batch-market.js';

const THROTTLE_MS = 100;
const SLACK_MS = 5;
const SWEEP_MS = 250;
const STABILITY_MS = 500;
/** A market beyond the limit is not looked at. */
const MARKETS_MAX = 1_024;

export interface DeskOptions {
  readonly clock: Clock;
  readonly strategy: Strategy;
  readonly terms: Terms;
  readonly positionOf: (market: MarketId) => OwnPosition;
  /** What must change for a verdict to be another decision. */
  readonly keyOf: (verdict: Verdict) => string;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onDecision: (decision: Verdict) => void;
}

interface Looked {
  /** When the market may be looked at again. */
  readonly endsAt: number;
  isWaiting: boolean;
}

interface Mind {
  key: string;
  newest: Verdict;
  told: string | undefined;
}

export class BatchDesk {
  readonly #options: DeskOptions;
  readonly #seen = new Map<MarketId, BatchMarket>();
  /** Confidence of the markets that were fresh when last looked at. */
  readonly #field = new Map<MarketId, number>();
  /** Windows that run, the earliest end first. */
  readonly #looked = new Map<MarketId, Looked>();
  readonly #minds = new Map<MarketId, Mind>();
  readonly #settling = new Map<MarketId, number>();
  #sweepTimer: TimerHandle | undefined;
  #lookTimer: TimerHandle | undefined;
  #settleTimer: TimerHandle | undefined;
  #isOpen = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** From now on markets are looked at. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#armSweep();
  }

  close(): void {
    this.#isOpen = false;
    const { clock } = this.#options;
    for (const timer of [this.#sweepTimer, this.#lookTimer, this.#settleTimer]) {
      clock.clearTimeout(timer);
    }
    this.#lookTimer = undefined;
    this.#settleTimer = undefined;
  }

  /** The markets that changed in this turn. */
  take(markets: readonly BatchMarket[]): void {
    if (!this.#isOpen) return;
    for (const market of markets) {
      const isKnown = this.#seen.has(market.market);
      if (!isKnown && this.#seen.size >= MARKETS_MAX) continue;
      this.#seen.set(market.market, market);
      this.#want(market.market);
    }
  }

  #want(market: MarketId): void {
    const looked = this.#looked.get(market);
    if (looked === undefined) this.#look(market);
    else looked.isWaiting = true;
    this.#armLook();
  }

  #armSweep(): void {
    if (!this.#isOpen) return;
    this.#sweepTimer = this.#options.clock.setTimeout(() => {
      const now = this.#options.clock.now();
      const { ageMsMax } = this.#options.strategy;
      const lapsed = [...this.#field.keys()].filter(
        (market) => now - (this.#seen.get(market)?.bookAt ?? now) > ageMsMax,
      );
      for (const market of lapsed) this.#want(market);
      this.#armSweep();
    }, SWEEP_MS);
  }

  #armLook(): void {
    const [first] = this.#looked.values();
    if (this.#lookTimer !== undefined || first === undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(0, first.endsAt - clock.now(), SLACK_MS);
    this.#lookTimer = clock.setTimeout(() => {
      this.#lookTimer = undefined;
      const now = clock.now();
      for (const [market, { endsAt, isWaiting }] of this.#looked) {
        if (endsAt > now) break;
        if (isWaiting) this.#look(market);
        else this.#looked.delete(market);
      }
      this.#armLook();
    }, wait);
  }

  #look(id: MarketId): void {
    const market = this.#seen.get(id);
    if (market === undefined) return;
    const { clock, onVerdict, positionOf, strategy, terms } = this.#options;
    const now = clock.now();
    this.#looked.delete(id);
    this.#looked.set(id, { endsAt: now + THROTTLE_MS, isWaiting: false });
    const view = market.view();
    const signals = market.scores.set();
    const wanted = strategy.decide({
      now,
      view,
      signals,
      position: positionOf(id),
      terms,
      field: this.#field,
      candles: (resolution, count) => market.candles(resolution, count),
    });
    if (wanted.confidence === undefined) this.#field.delete(id);
    else this.#field.set(id, wanted.confidence);
    const stamps = {
      strategy: strategy.name,
      market: id,
      newestFrameAt: view.at,
      decidedAt: now,
      reasons: wanted.reasons,
    };
    const verdict: Verdict =
      wanted.type === 'enter' ? { ...wanted, ...stamps, heldMs: 0 } : { ...wanted, ...stamps };
    onVerdict(verdict);
    this.#weigh(verdict);
  }

  #weigh(verdict: Verdict): void {
    const { market } = verdict;
    const key = this.#options.keyOf(verdict);
    const mind = this.#minds.get(market);
    if (mind === undefined) this.#minds.set(market, { key, newest: verdict, told: undefined });
    else {
      mind.newest = verdict;
      if (mind.key === key) return;
      mind.key = key;
    }
    this.#settling.delete(market);
    this.#settling.set(market, this.#options.clock.now() + STABILITY_MS);
    this.#armSettle();
  }

  #armSettle(): void {
    const [first] = this.#settling.values();
    if (this.#settleTimer !== undefined || first === undefined) return;
    const { clock } = this.#options;
    const work = (): void => {
      this.#settleTimer = undefined;
      const now = clock.now();
      for (const [market, endsAt] of this.#settling) {
        if (endsAt > now) break;
        this.#settling.delete(market);
        const mind = this.#minds.get(market);
        if (mind === undefined || mind.key === mind.told) continue;
        mind.told = mind.key;
        this.#options.onDecision(decided(mind.newest, now));
      }
      this.#armSettle();
    };
    this.#settleTimer = clock.setTimeout(work, Math.max(0, first - clock.now()));
  }
}

function decided(verdict: Verdict, now: UnixMs): Verdict {
  const decidedAt = unixMs(now);
  if (verdict.type !== 'enter') return { ...verdict, decidedAt };
  const heldMs = Math.min(STABILITY_MS, Math.max(0, now - verdict.newestFrameAt));
  return { ...verdict, decidedAt, heldMs };
}
