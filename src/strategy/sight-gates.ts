/** Why a market cannot be judged at all: its status, its book, and scores absent, cold or old. */
import type { Reason } from '../model/decision.js';
import {
  SIGNAL_NAMES,
  WARM_SAMPLES,
  type SignalName,
  type SignalScore,
  type SignalSet,
} from '../model/signal.js';
import type { Sight } from '../ports/strategy.js';
import { apart } from './apart.js';
import { glanceOf } from './glance.js';

export const SIGNAL_LABELS: Readonly<Record<SignalName, string>> = {
  momentum: 'momentum',
  volume: 'volume',
  volatility: 'volatility',
  orderbook: 'order book',
};

/** A reason when `ageMs` is above the limit, or is not a number. */
function ageGate(
  code: string,
  what: string,
  { ageMs, ageMsMax }: { readonly ageMs: number; readonly ageMsMax: number },
): Reason | undefined {
  if (ageMs <= ageMsMax) return undefined;
  const [age, limit] = apart(ageMs / 1_000, ageMsMax / 1_000, 1);
  return { code, text: `${what} ${age} s old > ${limit} s` };
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
export function isBookOpen(sight: Sight, ageMsMax: number): boolean {
  const { spec, bookState, bookAt, bestBid, bestAsk } = glanceOf(sight);
  if (spec.status !== 'ACTIVE' || bookState !== 'live') return false;
  // An empty side has no best price, and NaN is not below anything.
  return bestBid < Infinity && bestAsk < Infinity && sight.now - bookAt <= ageMsMax;
}

/** Whether there is no reason not to judge: the same answer as `closedGates`, without the words. */
export function areGatesOpen(sight: Sight, ageMsMax: number): boolean {
  if (!isBookOpen(sight, ageMsMax)) return false;
  const { momentum, volume, volatility, orderbook } = sight.signals?.scores ?? NO_SCORES;
  const { now } = sight;
  return (
    isFresh(momentum, now, ageMsMax) &&
    isFresh(volume, now, ageMsMax) &&
    isFresh(volatility, now, ageMsMax) &&
    isFresh(orderbook, now, ageMsMax)
  );
}

const NO_SCORES: SignalSet['scores'] = {};

const isFresh = (score: SignalScore | undefined, now: number, ageMsMax: number): boolean =>
  score !== undefined && score.warm && now - score.at <= ageMsMax;

/** Every reason not to judge market and book, the gravest first; for later, as of now. */
export function closedBookGates(sight: Sight, ageMsMax: number): () => readonly Reason[] {
  const { spec, bookState, bookAt, bestBid, bestAsk } = glanceOf(sight);
  const { status } = spec;
  const isTwoSided = bestBid < Infinity && bestAsk < Infinity;
  const ageMs = sight.now - bookAt;
  return () =>
    [
      status === 'ACTIVE' ? undefined : { code: 'market.status', text: `market is ${status}` },
      bookState === 'live' ? undefined : { code: 'book.state', text: `book is ${bookState}` },
      isTwoSided ? undefined : { code: 'book.side', text: 'book has an empty side' },
      ageGate('book.old', 'book', { ageMs, ageMsMax }),
    ].filter((reason) => reason !== undefined);
}

/** Every reason not to judge, the gravest first; none when the market is fresh. As of now. */
export function closedGates(sight: Sight, ageMsMax: number): () => readonly Reason[] {
  const { now, signals } = sight;
  const ofBook = closedBookGates(sight, ageMsMax);
  return () => {
    const scores = SIGNAL_NAMES.map((name) =>
      scoreGate(name, signals?.scores[name], { now, ageMsMax }),
    );
    return [...ofBook(), ...scores.filter((reason) => reason !== undefined)];
  };
}

/** The four values of a set whose gates are open. */
export function scoreValues({ signals }: Sight): Readonly<Record<SignalName, number>> {
  const { momentum, volume, volatility, orderbook } = signals?.scores ?? NO_SCORES;
  return {
    momentum: momentum?.value ?? Number.NaN,
    volume: volume?.value ?? Number.NaN,
    volatility: volatility?.value ?? Number.NaN,
    orderbook: orderbook?.value ?? Number.NaN,
  };
}

/** Age of the oldest input, in milliseconds. */
export function oldestAgeMs(sight: Sight): number {
  const { momentum, volume, volatility, orderbook } = sight.signals?.scores ?? NO_SCORES;
  const directional = Math.min(momentum?.at ?? Number.NaN, orderbook?.at ?? Number.NaN);
  const quality = Math.min(volume?.at ?? Number.NaN, volatility?.at ?? Number.NaN);
  return sight.now - Math.min(glanceOf(sight).bookAt, directional, quality);
}
