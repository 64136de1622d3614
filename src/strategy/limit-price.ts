/** The limit price of an entry: the touch and the slippage beyond it, rounded back towards it. */
import type { Side } from '../model/book.js';
import { roundToTick, tickUsd } from '../model/market.js';
import type { Price } from '../model/quantities.js';
import type { Result } from '../model/result.js';
import type { Sight } from '../ports/strategy.js';
import { glanceOf } from './glance.js';

export function limitPrice({ view, terms }: Sight, side: Side): Result<Price> {
  const { spec, book } = view;
  const slippage = terms.slippageBps * 1e-4;
  return side === 'buy'
    ? roundToTick(spec, (book.asks[0]?.price ?? 0) * tickUsd(spec) * (1 + slippage), 'down')
    : roundToTick(spec, (book.bids[0]?.price ?? 0) * tickUsd(spec) * (1 - slippage), 'up');
}

/** 1 + the fresh markets that are more confident. */
export function rankOf(sight: Sight, confidence: number): number {
  const { market: own } = glanceOf(sight);
  let rank = 1;
  for (const [market, other] of sight.field) if (market !== own && other > confidence) rank += 1;
  return rank;
}
