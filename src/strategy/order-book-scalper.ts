/**
 * Order-book scalper: a book that leans one way while takers push the same way moves on a little.
 *
 * 1. Imbalance is (bids − asks) ÷ (bids + asks) over the visible levels, weighted 1, 1/2, 1/3, …
 *    from the touch; flow is the same of what takers bought and sold in the last `flowSeconds`.
 * 2. It trades only a spread of at most `spreadBpsMax`, and only when both say the same side and
 *    are beyond their least.
 * 3. What it hopes for is `targetBps` times the weaker of the two. It enters and leaves as taker,
 *    so on a small move fees alone close the gate: that is the answer, not a fault.
 * 4. It leaves a side when the book leans against it.
 */
import type { BookView, Level, Side, Trade } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { apart } from './apart.js';
import { midOf } from './costs.js';
import { entryOrHold } from './entry-gates.js';
import { lazyHold } from './lazy-hold.js';
import { closedBookGates, isBookOpen } from './sight-gates.js';

export interface OrderBookScalperOptions {
  readonly spreadBpsMax: number;
  /** 0–1. */
  readonly imbalanceMin: number;
  /** 0–1. */
  readonly flowMin: number;
  readonly flowSeconds: number;
  /** Trades within them, before flow says anything. */
  readonly tradesMin: number;
  /** Move that an imbalance and a flow of 1 hope for. */
  readonly targetBps: number;
  readonly ageMsMax: number;
  readonly rankMax: number;
}

export const ORDER_BOOK_SCALPER_DEFAULTS: OrderBookScalperOptions = {
  spreadBpsMax: 5,
  imbalanceMin: 0.4,
  flowMin: 0.4,
  flowSeconds: 10,
  tradesMin: 3,
  targetBps: 30,
  ageMsMax: 1_000,
  rankMax: 3,
};

function weight(levels: readonly Level[]): number {
  let sum = 0;
  for (const [index, { size }] of levels.entries()) sum += size / (index + 1);
  return sum;
}

function imbalanceOf({ bids, asks }: BookView): number {
  const bought = weight(bids);
  const sold = weight(asks);
  return (bought - sold) / (bought + sold);
}

/** The view keeps the newest 64 trades; `at` is the venue's time. */
function flowOf(trades: readonly Trade[], from: number): { flow: number; count: number } {
  let bought = 0;
  let sold = 0;
  let count = 0;
  for (const { at, side, size } of trades) {
    if (at < from) continue;
    count += 1;
    if (side === 'buy') bought += size;
    else sold += size;
  }
  const total = bought + sold;
  return { flow: total > 0 ? (bought - sold) / total : 0, count };
}

const bps = (value: number): string => `${value.toFixed(1)} bps`;

const against = (imbalance: number): readonly Side[] =>
  imbalance < 0 ? ['buy'] : imbalance > 0 ? ['sell'] : [];

/** `imbalance 0.62 > 0.40`; a closed gate has a dot in its code. */
function least(name: string, value: number, min: number): Reason {
  const isMet = value > min;
  const [is, limit] = apart(value, min, 2);
  const text = `${name} ${is} ${isMet ? '>' : 'not >'} ${limit}`;
  return { code: isMet ? name : `${name}.low`, text };
}

function judge(sight: Sight, options: OrderBookScalperOptions): Candidate {
  const { spreadBpsMax, imbalanceMin, flowMin, flowSeconds, tradesMin } = options;
  const { book, trades } = sight.view;
  const spreadBps =
    (((book.asks[0]?.price ?? Infinity) - (book.bids[0]?.price ?? 0)) / midOf(book)) * 1e4;
  const imbalance = imbalanceOf(book);
  const { flow, count } = flowOf(trades, sight.now - flowSeconds * 1_000);
  const side: Side = imbalance >= 0 ? 'buy' : 'sell';
  const sign = side === 'buy' ? 1 : -1;
  const strength = Math.max(0, Math.min(Math.abs(imbalance), flow * sign));
  const isNarrow = spreadBps <= spreadBpsMax;
  const isHeard = count >= tradesMin;
  const words = (): readonly Reason[] => [
    {
      code: isNarrow ? 'spread' : 'spread.wide',
      text: `spread ${bps(spreadBps)} ${isNarrow ? '≤' : '>'} ${bps(spreadBpsMax)}`,
    },
    {
      code: isHeard ? 'trades' : 'trades.few',
      text: `${count} trades in ${flowSeconds} s ${isHeard ? '≥' : '<'} ${tradesMin}`,
    },
    least('imbalance', imbalance * sign, imbalanceMin),
    least('flow', flow * sign, flowMin),
  ];
  return entryOrHold(sight, {
    side,
    isMet: isNarrow && isHeard && imbalance * sign > imbalanceMin && flow * sign > flowMin,
    confidence: strength,
    direction: sign * strength,
    rankMax: options.rankMax,
    edgeBps: strength * options.targetBps,
    leave: against(imbalance),
    words,
  });
}

export function createOrderBookScalper(options: Partial<OrderBookScalperOptions> = {}): Strategy {
  const complete = { ...ORDER_BOOK_SCALPER_DEFAULTS, ...options };
  const { ageMsMax } = complete;
  return {
    name: 'orderBookScalper',
    ageMsMax,
    decide: (sight) =>
      isBookOpen(sight, ageMsMax)
        ? judge(sight, complete)
        : lazyHold(closedBookGates(sight, ageMsMax)),
  };
}
