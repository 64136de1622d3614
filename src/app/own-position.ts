/** A position from the exact books as strategies and stops see it: floats, for judging only. */
import { toFloat } from '../model/decimal.js';
import { stepBase, type MarketSpec } from '../model/market.js';
import type { Position } from '../model/position.js';
import { absolute, USD_SCALE } from '../model/quantities.js';
import type { OwnPosition } from '../ports/strategy.js';
import { FLAT } from '../strategy/circumstances.js';

export function ownPosition(
  { size, cost }: Pick<Position, 'size' | 'cost'>,
  spec: MarketSpec | undefined,
): OwnPosition {
  if (size === 0n || spec === undefined) return FLAT;
  const steps = Number(size) / Number(spec.step);
  const baseUnits = Math.abs(steps) * stepBase(spec);
  return { steps, entryUsd: toFloat(absolute(cost), USD_SCALE) / baseUnits };
}
