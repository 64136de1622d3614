/**
 * The way from an idea to an entry that all strategies share: the idea's own gate, its rank, what
 * it costs, its limit price. Each closed gate is a reason, and none is put into words unasked.
 */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import type { Candidate, Sight } from '../ports/strategy.js';
import { costReason, costsOf, isWorthIt } from './costs.js';
import { lazyHold } from './lazy-hold.js';
import { limitPrice, rankOf } from './limit-price.js';

export interface Idea {
  readonly side: Side;
  /** Whether the strategy's own rule is met; `words` say it either way. */
  readonly isMet: boolean;
  /** 0–1. */
  readonly confidence: number;
  /** −1 to 1. */
  readonly direction: number;
  /** 0–1; 1 unless the strategy knows better. */
  readonly quality?: number;
  /** Enter only in this many of the best fresh markets. */
  readonly rankMax: number;
  /** The move that is hoped for. */
  readonly edgeBps: number;
  readonly leave: readonly Side[];
  /** The strategy's own numbers. A code with a dot is a closed gate. */
  readonly words: () => readonly Reason[];
}

/** A closed gate has a dot in its code: `confidence.low`. */
const isClosed = ({ code }: Reason): boolean => code.includes('.');
const isOpen = (reason: Reason): boolean => !isClosed(reason);

const rankReason = (rank: number, rankMax: number): Reason =>
  rank <= rankMax
    ? { code: 'rank', text: `rank ${rank} of ${rankMax}` }
    : { code: 'rank.low', text: `rank ${rank} > ${rankMax}` };

/** What closed the way comes first, then all else that was weighed. */
export function entryOrHold(sight: Sight, idea: Idea): Candidate {
  const { side, confidence, direction, quality = 1, leave, edgeBps, rankMax } = idea;
  // The rank looks at all markets: only an idea whose own gate is open asks for it.
  const rank = idea.isMet ? rankOf(sight, confidence) : undefined;
  // The market goes on: what it costs now is reckoned now, and put into words when asked for.
  const costs = costsOf(sight, side);
  const weighed = (): readonly Reason[] => {
    const cost = costReason(edgeBps, costs, sight);
    const ranks = rank === undefined ? [] : [rankReason(rank, rankMax)];
    const all = [...idea.words(), ...ranks, cost];
    return [...all.filter(isClosed), ...all.filter(isOpen)];
  };
  const numbers = { confidence, direction, leave };
  if (rank === undefined || rank > rankMax || !isWorthIt(edgeBps, costs)) {
    return lazyHold(weighed, numbers);
  }
  const limit = limitPrice(sight, side);
  if (!limit.ok) {
    const { code, message } = limit.error;
    return lazyHold(() => [{ code, text: message }, ...weighed()], numbers);
  }
  const entry = { side, confidence, direction, quality, rank, limitPrice: limit.value };
  return { type: 'enter', ...entry, reasons: weighed() };
}

/** 0 at `low`, 1 at `high`, straight in between; `low` may lie above `high`. */
export const ramp = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high - low)));

/** Two decimals, cut off: what is below a limit must not be rounded up to it. */
export const fraction = (value: number): string => (Math.trunc(value * 100) / 100).toFixed(2);

/** `<`, `=` or `>`: the sign between a number and its limit. */
export const relation = (value: number, limit: number): string =>
  value > limit ? '>' : value === limit ? '=' : '<';
