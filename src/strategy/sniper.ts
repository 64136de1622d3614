/**
 * The sniper: one look at one market, and a verdict with its reasons.
 *
 * 1. Direction d is what momentum and order book say together; quality q is whether now is a good
 *    time to be right; confidence = |d| × q. Direction and quality are never averaged.
 * 2. It enters above `confidenceMin`, in the best fresh markets only.
 * 3. It leaves a side when the direction behind it is gone (`exitDirection`): far from where it
 *    entered, so that it does not come and go. A market that is not fresh moves nothing.
 */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import { roundToTick, tickUsd } from '../model/market.js';
import type { Price } from '../model/quantities.js';
import type { Result } from '../model/result.js';
import type { SignalName } from '../model/signal.js';
import {
  areGatesOpen,
  closedGates,
  oldestAgeMs,
  scoreValues,
  SIGNAL_LABELS,
} from './sight-gates.js';
import type { Candidate, Sight, Strategy } from './strategy-port.js';

export interface SniperOptions {
  /** Enter above this, 0–1. */
  readonly confidenceMin: number;
  /** Book and scores must be at most this old. */
  readonly ageMsMax: number;
  /** Enter only in this many of the best fresh markets. */
  readonly rankMax: number;
  /** Leave longs below this direction and shorts above its negative, 0–1. */
  readonly exitDirection: number;
  /** How far beyond the touch the limit price may go. */
  readonly slippageBps: number;
  readonly takerFeeBps: number;
  /** Move that a direction of 1 hopes for; must pay the costs several times. */
  readonly targetBps: number;
}

export const SNIPER_DEFAULTS: SniperOptions = {
  confidenceMin: 0.8,
  ageMsMax: 2_000,
  rankMax: 3,
  exitDirection: 0.1,
  slippageBps: 10,
  takerFeeBps: 5,
  targetBps: 60,
};

const MOMENTUM_WEIGHT = 0.6;
const AGREEMENT_BONUS = 0.15;
const DISAGREEMENT_PENALTY = 0.5;

/** 0 at `low`, 1 at `high`, straight in between; `low` may lie above `high`. */
const ramp = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high - low)));

const bps = (value: number): string => `${value.toFixed(1)} bps`;
/** Two decimals, cut off: what is below a limit must not be rounded up to it. */
const fraction = (value: number): string => (Math.trunc(value * 100) / 100).toFixed(2);

/** −1 to 1. Agreement strengthens, contradiction weakens, by the weaker of the two voices. */
export function directionOf(momentum: number, orderBook: number): number {
  const m = (momentum - 50) / 50;
  const b = (orderBook - 50) / 50;
  const voice = Math.min(Math.abs(m), Math.abs(b));
  const factor = m * b >= 0 ? 1 + AGREEMENT_BONUS * voice : 1 - DISAGREEMENT_PENALTY * voice;
  return Math.min(1, Math.max(-1, factor * (MOMENTUM_WEIGHT * m + (1 - MOMENTUM_WEIGHT) * b)));
}

interface Appraisal {
  readonly direction: number;
  readonly quality: number;
  readonly confidence: number;
  /** In words, when somebody asks. */
  readonly reasons: () => readonly Reason[];
}

/** Half the spread and one taker fee, in bps of the mid. */
function costBps({ view }: Sight, options: SniperOptions): number {
  const bid = view.book.bids[0]?.price ?? 0;
  const ask = view.book.asks[0]?.price ?? Infinity;
  return ((ask - bid) / (ask + bid)) * 1e4 + options.takerFeeBps;
}

function appraise(sight: Sight, options: SniperOptions): Appraisal {
  const scores = scoreValues(sight);
  const direction = directionOf(scores.momentum, scores.orderbook);
  const cost = costBps(sight, options);
  const hoped = Math.abs(direction) * options.targetBps;
  const ageMs = oldestAgeMs(sight);
  const quality =
    Math.sqrt(ramp(scores.volume, 10, 60) * ramp(scores.volatility, 0, 60)) *
    ramp(hoped / cost, 1, 3) *
    ramp(ageMs, options.ageMsMax, options.ageMsMax / 2);
  const reasons = (): readonly Reason[] => {
    const says = (name: SignalName): string => `${SIGNAL_LABELS[name]} ${scores[name].toFixed(0)}`;
    const directional = `${says('momentum')}, ${says('orderbook')}`;
    const qualities = `${says('volume')}, ${says('volatility')}, data ${ageMs.toFixed(0)} ms old`;
    const costs = `hoped move ${bps(hoped)} against half spread and fee ${bps(cost)}`;
    return [
      { code: 'direction', text: `direction ${fraction(direction)}: ${directional}` },
      { code: 'quality', text: `quality ${fraction(quality)}: ${qualities}` },
      { code: 'cost', text: costs },
    ];
  };
  return { direction, quality, confidence: Math.abs(direction) * quality, reasons };
}

/** 1 + the fresh markets that are more confident. */
function rankOf({ view, field }: Sight, confidence: number): number {
  let rank = 1;
  for (const [market, other] of field) if (market !== view.market && other > confidence) rank += 1;
  return rank;
}

/** The touch and the slippage beyond it, rounded back towards the touch. */
function limitPrice({ view }: Sight, side: Side, options: SniperOptions): Result<Price> {
  const { spec, book } = view;
  const slippage = options.slippageBps * 1e-4;
  return side === 'buy'
    ? roundToTick(spec, (book.asks[0]?.price ?? 0) * tickUsd(spec) * (1 + slippage), 'down')
    : roundToTick(spec, (book.bids[0]?.price ?? 0) * tickUsd(spec) * (1 - slippage), 'up');
}

function leaving(direction: number, exitDirection: number): readonly Side[] {
  const sides: Side[] = [];
  if (direction < exitDirection) sides.push('buy');
  if (direction > -exitDirection) sides.push('sell');
  return sides;
}

/** A hold whose reasons are put into words when somebody reads them: most are never asked why. */
class WordlessHold {
  readonly type = 'hold';
  readonly confidence: number | undefined;
  readonly direction: number | undefined;
  readonly leave: readonly Side[];
  readonly #words: () => readonly Reason[];

  constructor(hold: {
    readonly confidence: number;
    readonly direction: number;
    readonly leave: readonly Side[];
    readonly words: () => readonly Reason[];
  }) {
    this.confidence = hold.confidence;
    this.direction = hold.direction;
    this.leave = hold.leave;
    this.#words = hold.words;
  }

  get reasons(): readonly Reason[] {
    return this.#words();
  }
}

function decide(sight: Sight, options: SniperOptions): Candidate {
  if (!areGatesOpen(sight, options.ageMsMax)) {
    const unknown = { confidence: undefined, direction: undefined };
    return { type: 'hold', ...unknown, leave: [], reasons: closedGates(sight, options.ageMsMax) };
  }
  const { direction, quality, confidence, reasons } = appraise(sight, options);
  const leave = leaving(direction, options.exitDirection);
  const hold = (reason: () => Reason): Candidate =>
    new WordlessHold({ confidence, direction, leave, words: () => [reason(), ...reasons()] });
  const { confidenceMin, rankMax } = options;
  if (!(confidence > confidenceMin)) {
    return hold(() => {
      const relation = confidence === confidenceMin ? '=' : '<';
      const numbers = `confidence ${fraction(confidence)}`;
      return { code: 'confidence.low', text: `${numbers} ${relation} ${confidenceMin.toFixed(2)}` };
    });
  }
  const rank = rankOf(sight, confidence);
  if (!(rank <= rankMax)) {
    return hold(() => ({ code: 'rank.low', text: `rank ${rank} > ${rankMax}` }));
  }
  const side = direction > 0 ? 'buy' : 'sell';
  const limit = limitPrice(sight, side, options);
  if (!limit.ok) {
    const { code, message } = limit.error;
    return hold(() => ({ code, text: message }));
  }
  const numbers = `confidence ${fraction(confidence)} > ${confidenceMin.toFixed(2)}`;
  return {
    type: 'enter',
    side,
    confidence,
    direction,
    quality,
    rank,
    limitPrice: limit.value,
    reasons: [{ code: 'confidence', text: `${numbers}, rank ${rank} of ${rankMax}` }, ...reasons()],
  };
}

export function createSniper(options: Partial<SniperOptions> = {}): Strategy {
  const complete = { ...SNIPER_DEFAULTS, ...options };
  return {
    name: 'sniper',
    ageMsMax: complete.ageMsMax,
    decide: (sight) => decide(sight, complete),
  };
}
