/**
 * The sniper: one look at one market, and a verdict with its reasons.
 *
 * 1. Direction d is what momentum and order book say together; quality q is whether now is a good
 *    time to be right; confidence = |d| × q. Direction and quality are never averaged.
 * 2. It enters above `confidenceMin`, in the best fresh markets only, and only when the move that
 *    it hopes for pays for all costs of getting in and out.
 * 3. It leaves a side when the direction behind it is gone (`exitDirection`): far from where it
 *    entered, so that it does not come and go. A market that is not fresh moves nothing.
 */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import type { SignalName } from '../model/signal.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { apart } from './apart.js';
import { entryOrHold, fraction, ramp, relation } from './entry-gates.js';
import { lazyHold } from './lazy-hold.js';
import {
  areGatesOpen,
  closedGates,
  oldestAgeMs,
  scoreValues,
  SIGNAL_LABELS,
} from './sight-gates.js';

export interface SniperOptions {
  /** Enter above this, 0–1. */
  readonly confidenceMin: number;
  /** Book and scores must be at most this old. */
  readonly ageMsMax: number;
  /** Enter only in this many of the best fresh markets. */
  readonly rankMax: number;
  /** Leave longs below this direction and shorts above its negative, 0–1. */
  readonly exitDirection: number;
  /** Move that a direction of 1 hopes for. */
  readonly targetBps: number;
}

export const SNIPER_DEFAULTS: SniperOptions = {
  confidenceMin: 0.8,
  ageMsMax: 2_000,
  rankMax: 3,
  exitDirection: 0.1,
  targetBps: 60,
};

const MOMENTUM_WEIGHT = 0.6;
const AGREEMENT_BONUS = 0.15;
const DISAGREEMENT_PENALTY = 0.5;

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

function appraise(sight: Sight, options: SniperOptions): Appraisal {
  const scores = scoreValues(sight);
  const direction = directionOf(scores.momentum, scores.orderbook);
  const ageMs = oldestAgeMs(sight);
  const quality =
    Math.sqrt(ramp(scores.volume, 10, 60) * ramp(scores.volatility, 0, 60)) *
    ramp(ageMs, options.ageMsMax, options.ageMsMax / 2);
  const reasons = (): readonly Reason[] => {
    const says = (name: SignalName): string => `${SIGNAL_LABELS[name]} ${scores[name].toFixed(0)}`;
    const directional = `${says('momentum')}, ${says('orderbook')}`;
    const qualities = `${says('volume')}, ${says('volatility')}, data ${ageMs.toFixed(0)} ms old`;
    return [
      { code: 'direction', text: `direction ${fraction(direction)}: ${directional}` },
      { code: 'quality', text: `quality ${fraction(quality)}: ${qualities}` },
    ];
  };
  return { direction, quality, confidence: Math.abs(direction) * quality, reasons };
}

function leaving(direction: number, exitDirection: number): readonly Side[] {
  const sides: Side[] = [];
  if (direction < exitDirection) sides.push('buy');
  if (direction > -exitDirection) sides.push('sell');
  return sides;
}

function confidenceReason(confidence: number, confidenceMin: number): Reason {
  const code = confidence > confidenceMin ? 'confidence' : 'confidence.low';
  const sign = relation(confidence, confidenceMin);
  const [is, limit] = apart(confidence, confidenceMin, 2);
  return { code, text: `confidence ${is} ${sign} ${limit}` };
}

function decide(sight: Sight, options: SniperOptions): Candidate {
  const { ageMsMax, confidenceMin, rankMax, exitDirection, targetBps } = options;
  if (!areGatesOpen(sight, ageMsMax)) return lazyHold(closedGates(sight, ageMsMax));
  const { direction, quality, confidence, reasons } = appraise(sight, options);
  return entryOrHold(sight, {
    side: direction > 0 ? 'buy' : 'sell',
    isMet: confidence > confidenceMin,
    confidence,
    direction,
    quality,
    rankMax,
    edgeBps: Math.abs(direction) * targetBps,
    leave: leaving(direction, exitDirection),
    words: () => [confidenceReason(confidence, confidenceMin), ...reasons()],
  });
}

export function createSniper(options: Partial<SniperOptions> = {}): Strategy {
  const complete = { ...SNIPER_DEFAULTS, ...options };
  return {
    name: 'sniper',
    ageMsMax: complete.ageMsMax,
    decide: (sight) => decide(sight, complete),
  };
}
