/** Why a market cannot be judged at all: its status, its book, and scores absent, cold or old. */
import type { Reason } from '../model/decision.js';
import { SIGNAL_NAMES, WARM_SAMPLES, type SignalName, type SignalScore } from '../model/signal.js';
import type { Sight } from '../ports/strategy.js';

export const SIGNAL_LABELS: Readonly<Record<SignalName, string>> = {
  momentum: 'momentum',
  volume: 'volume',
  volatility: 'volatility',
  orderbook: 'order book',
};

const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A reason when `ageMs` is above the limit, or is not a number. */
function ageGate(
  code: string,
  what: string,
  { ageMs, ageMsMax }: { readonly ageMs: number; readonly ageMsMax: number },
): Reason | undefined {
  if (ageMs <= ageMsMax) return undefined;
  return { code, text: `${what} ${secondsText(ageMs)} old > ${secondsText(ageMsMax)}` };
}

function scoreGate(
  name: SignalName,
  score: SignalScore | undefined,
  { now, ageMsMax }: { readonly now: number; readonly ageMsMax: number },
): Reason | undefined {
  const label = SIGNAL_LABELS[name];
  if (score === undefined) return { code: `${name}.absent`, text: `${label} has no score` };
  if (!score.warm) {
    const text = `${label} cold: ${score.samples} of ${WARM_SAMPLES} samples`;
    return { code: `${name}.cold`, text };
  }
  return ageGate(`${name}.old`, `${label} score`, { ageMs: now - score.at, ageMsMax });
}

/** Whether market and book can be judged: as `closedBookGates`, without the words. */
export function isBookOpen({ now, view }: Sight, ageMsMax: number): boolean {
  const { spec, book } = view;
  if (spec.status !== 'ACTIVE' || book.state !== 'live') return false;
  if (book.bids.length === 0 || book.asks.length === 0) return false;
  return now - book.updatedAt <= ageMsMax;
}

/** Whether there is no reason not to judge: the same answer as `closedGates`, without the words. */
export function areGatesOpen(sight: Sight, ageMsMax: number): boolean {
  if (!isBookOpen(sight, ageMsMax)) return false;
  const { now, signals } = sight;
  for (const name of SIGNAL_NAMES) {
    const score = signals?.scores[name];
    if (score === undefined || !score.warm || !(now - score.at <= ageMsMax)) return false;
  }
  return true;
}

/** Every reason not to judge market and book, the gravest first. */
export function closedBookGates({ now, view }: Sight, ageMsMax: number): readonly Reason[] {
  const { spec, book } = view;
  return [
    spec.status === 'ACTIVE'
      ? undefined
      : { code: 'market.status', text: `market is ${spec.status}` },
    book.state === 'live' ? undefined : { code: 'book.state', text: `book is ${book.state}` },
    book.bids.length > 0 && book.asks.length > 0
      ? undefined
      : { code: 'book.side', text: 'book has an empty side' },
    ageGate('book.old', 'book', { ageMs: now - book.updatedAt, ageMsMax }),
  ].filter((reason) => reason !== undefined);
}

/** Every reason not to judge, the gravest first; none when the market is fresh. */
export function closedGates(sight: Sight, ageMsMax: number): readonly Reason[] {
  const { now, signals } = sight;
  const scores = SIGNAL_NAMES.map((name) =>
    scoreGate(name, signals?.scores[name], { now, ageMsMax }),
  );
  return [...closedBookGates(sight, ageMsMax), ...scores.filter((reason) => reason !== undefined)];
}

/** The four values of a set whose gates are open. */
export function scoreValues({ signals }: Sight): Readonly<Record<SignalName, number>> {
  const value = (name: SignalName): number => signals?.scores[name]?.value ?? Number.NaN;
  return {
    momentum: value('momentum'),
    volume: value('volume'),
    volatility: value('volatility'),
    orderbook: value('orderbook'),
  };
}

/** Age of the oldest input, in milliseconds. */
export function oldestAgeMs({ now, view, signals }: Sight): number {
  const stamps = SIGNAL_NAMES.map((name) => signals?.scores[name]?.at ?? Number.NaN);
  return now - Math.min(view.book.updatedAt, ...stamps);
}
