/**
 * What a position costs that is entered and left as taker: two fees, half the spread twice, what
 * our size slips on each side of the visible book, and the funding that falls due until it is left.
 * All in basis points of the mid; floats, for judging only.
 */
import type { BookView, Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import { stepBase, tickUsd } from '../model/market.js';
import type { Glance, Sight } from '../ports/strategy.js';
import { apart } from './apart.js';
import { glancedMid, glanceOf } from './glance.js';

/** Taken against us while the market's rate is not known: about a hundred times the usual one. */
const UNKNOWN_FUNDING_BPS = 10;
const HOUR_MS = 3_600_000;

export interface Costs {
  readonly feesBps: number;
  readonly spreadBps: number;
  /** Infinite when the visible book is too thin for our size. */
  readonly slippageBps: number;
  /** Never below zero: funding that we would receive is no reason to enter. */
  readonly fundingBps: number;
  readonly fundingRate1h: number | undefined;
  readonly totalBps: number;
}

/** Mid in ticks; NaN when a side is empty. */
export function midOf({ bids, asks }: BookView): number {
  const [bid] = bids;
  const [ask] = asks;
  return bid === undefined || ask === undefined ? Number.NaN : (bid.price + ask.price) / 2;
}

/** Steps of one entry; not whole. */
export const stepsWanted = (glance: Glance, orderNotionalUsd: number): number =>
  orderNotionalUsd / (glancedMid(glance) * tickUsd(glance.spec) * stepBase(glance.spec));

/** Funding is paid at the full hour by whoever holds then. */
const hoursUntil = (now: number, end: number): number =>
  Math.floor(end / HOUR_MS) - Math.floor(now / HOUR_MS);

function fundingBps({ now, terms }: Sight, rate: number | undefined, side: Side): number {
  const perHour =
    rate === undefined ? UNKNOWN_FUNDING_BPS : Math.max(0, side === 'buy' ? rate : -rate) * 1e4;
  return perHour * hoursUntil(now, now + terms.maxHoldMs);
}

/** As of now: the words for it may be asked for later. */
export function costsOf(sight: Sight, side: Side): Costs {
  const { terms } = sight;
  const glance = glanceOf(sight);
  const { bestBid, bestAsk, fundingRate1h } = glance;
  const mid = glancedMid(glance);
  const wanted = stepsWanted(glance, terms.orderNotionalUsd);
  const feesBps = 2 * terms.takerFeeBps;
  const spreadBps = ((bestAsk - bestBid) / mid) * 1e4;
  const slipped = glance.slipped('asks', wanted) / wanted + glance.slipped('bids', wanted) / wanted;
  const slippageBps = (slipped / mid) * 1e4;
  const funding = fundingBps(sight, fundingRate1h, side);
  const totalBps = feesBps + spreadBps + slippageBps + funding;
  return { feesBps, spreadBps, slippageBps, fundingBps: funding, fundingRate1h, totalBps };
}

/** Whether the move that is hoped for pays for all of it; never when a number is missing. */
export const isWorthIt = (hopedBps: number, { totalBps }: Costs): boolean => hopedBps > totalBps;

const bps = (value: number): string => value.toFixed(1);

export function costReason(
  hopedBps: number,
  costs: Costs,
  { terms }: Pick<Sight, 'terms'>,
): Reason {
  const isPaid = isWorthIt(hopedBps, costs);
  const relation = isPaid ? '>' : hopedBps < costs.totalBps ? '<' : '=';
  const slippage = Number.isFinite(costs.slippageBps)
    ? `slippage ${bps(costs.slippageBps)}`
    : `book too thin for ${terms.orderNotionalUsd} USD`;
  const funding = fundingText(costs);
  const fixed = `fees ${bps(costs.feesBps)}, spread ${bps(costs.spreadBps)}`;
  const [edge, total] = apart(hopedBps, costs.totalBps, 1);
  const sums = `edge ${edge} bps ${relation} costs ${total} bps`;
  return {
    code: isPaid ? 'cost' : 'cost.high',
    text: `${sums}: ${fixed}, ${slippage}, ${funding}`,
  };
}

const fundingText = ({ fundingBps: due, fundingRate1h }: Costs): string =>
  fundingRate1h === undefined
    ? `funding ${bps(due)} (rate unknown, taken as ${bps(UNKNOWN_FUNDING_BPS)} an hour)`
    : `funding ${bps(due)}`;
