/**
 * The old bot's strategy, for comparison: the plain mean of its four scores, buy from 80 on, sell
 * up to 30. It averages directions with qualities, asks for no freshness and weighs no costs, as it
 * was written; only its limit price is ours, for it had none.
 */
import type { Reason } from '../model/decision.js';
import { SIGNAL_NAMES } from '../model/signal.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { lazyHold } from './lazy-hold.js';
import { limitPrice, rankOf } from './limit-price.js';
import { isBookOpen, SIGNAL_LABELS } from './sight-gates.js';

const BUY_FROM = 80;
const SELL_TO = 30;
const CONFIDENCE_MAX = 0.9;
const HOLD_CONFIDENCE = 0.5;
/** It looked at data of any age; an engine must be told a limit. */
const AGE_MS_MAX = 60_000;

/** 0–100 in, 0–1 out. */
export function legacyConfidence(overall: number): number {
  if (overall >= BUY_FROM) return Math.min(CONFIDENCE_MAX, overall / 100 + 0.1);
  if (overall <= SELL_TO) return Math.min(CONFIDENCE_MAX, (100 - overall) / 100 + 0.1);
  return HOLD_CONFIDENCE;
}

function decide(sight: Sight): Candidate {
  const { signals } = sight;
  const values = SIGNAL_NAMES.map((name) => signals?.scores[name]?.value ?? Number.NaN);
  const overall = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (!(overall >= 0)) return lazyHold(() => [{ code: 'scores.absent', text: 'no scores yet' }]);
  const confidence = legacyConfidence(overall);
  const words = SIGNAL_NAMES.map(
    (name, index) => `${SIGNAL_LABELS[name]} ${(values[index] ?? Number.NaN).toFixed(1)}`,
  ).join(', ');
  const reason = (code: string): readonly Reason[] => [
    { code, text: `overall ${overall.toFixed(1)}: ${words}` },
  ];
  if (overall > SELL_TO && overall < BUY_FROM) {
    return lazyHold(() => reason('overall.middling'), { confidence, direction: 0 });
  }
  const side = overall >= BUY_FROM ? 'buy' : 'sell';
  const limit = isBookOpen(sight, AGE_MS_MAX) ? limitPrice(sight, side) : undefined;
  if (limit?.ok !== true) return lazyHold(() => reason('book.state'), { confidence, direction: 0 });
  const direction = side === 'buy' ? confidence : -confidence;
  const rank = rankOf(sight, confidence);
  const entry = { side, confidence, direction, quality: 1, rank, limitPrice: limit.value } as const;
  return { type: 'enter', ...entry, reasons: reason('overall') };
}

export const createLegacyOverall = (): Strategy => ({
  name: 'legacyOverall',
  ageMsMax: AGE_MS_MAX,
  decide,
});
