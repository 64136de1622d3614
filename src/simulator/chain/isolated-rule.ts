/** An account with a position in an isolated market holds that position and no other. */
import type { PerpetualMarket } from '../exchange-types.js';
import { CROSS_POOL } from './treasury.js';

type MarketOf = (clobPairId: number) => PerpetualMarket;

const isIsolated = ({ marketType }: PerpetualMarket): boolean => marketType === 'ISOLATED';

/** Would a position of this market stand beside one that excludes it? */
export function violatesIsolation(
  held: ReadonlyMap<number, bigint>,
  clobPairId: number,
  marketOf: MarketOf,
): boolean {
  if (held.size === 0 || (held.size === 1 && held.has(clobPairId))) return false;
  if (isIsolated(marketOf(clobPairId))) return true;
  for (const other of held.keys()) {
    if (other !== clobPairId && isIsolated(marketOf(other))) return true;
  }
  return false;
}

/** The collateral pool, and insurance fund, that positions of this market belong to. */
export const poolOf = (market: PerpetualMarket): number =>
  isIsolated(market) ? market.clobPairId : CROSS_POOL;

/** The pool of an account: of its only position if that is isolated. */
export function poolOfHeld(held: ReadonlyMap<number, bigint>, marketOf: MarketOf): number {
  for (const clobPairId of held.keys()) return poolOf(marketOf(clobPairId));
  return CROSS_POOL;
}
