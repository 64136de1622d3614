/** When a conditional order's condition comes true: by the oracle price or the block's trades. */
import { largest, smallest } from '../../model/quantities.js';
import type { PlaceOrder } from '../order-terms.js';

/** Trades count as far as this from the oracle price: five times the smallest oracle move. */
const CLAMP_PPM = 5n * 1_000n;
const MILLION = 1_000_000n;

export interface PriceRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** What conditions are held against, in subticks. */
export function triggerRange(oracle: bigint, traded: PriceRange | undefined): PriceRange {
  if (traded === undefined) return { min: oracle, max: oracle };
  const clamp = (subticks: bigint): bigint =>
    smallest(
      largest(subticks, (oracle * (MILLION - CLAMP_PPM)) / MILLION),
      (oracle * (MILLION + CLAMP_PPM)) / MILLION,
    );
  return {
    min: smallest(oracle, clamp(traded.min)),
    max: largest(oracle, clamp(traded.max)),
  };
}

/** A buy stop and a sell take-profit wait for a higher price, the others for a lower one. */
export function isTriggered({ side, condition }: PlaceOrder, { min, max }: PriceRange): boolean {
  if (condition === undefined) return false;
  const waitsForHigher = (side === 'BUY') === (condition.type === 'STOP_LOSS');
  return waitsForHigher ? max >= condition.triggerSubticks : min <= condition.triggerSubticks;
}
