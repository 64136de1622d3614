/**
 * The terms of a liquidation: how much of a position is closed in one block, at which price at
 * worst, what the insurance fund gets or pays. All pure, at oracle prices.
 */
import { absolute, divideFloor } from '../../model/quantities.js';
import { oracleValue } from '../indexer/wire-units.js';
import type { Holdings } from './clearing-account.js';
import { maintenanceMargin, type MarginBook } from './margin.js';

const MILLION = 1_000_000n;
const FEE_PPM = 15_000n;
export const largestLiquidationFee = (quoteQuantums: bigint): bigint =>
  (quoteQuantums * FEE_PPM) / MILLION;

/**
 * What the account must get (< 0: may pay) for this change of its position, which must reduce it,
 * so that its equity shrinks in proportion to its maintenance margin: closing everything at that
 * price leaves nothing. 1e-6 USDC, rounded up, towards the account.
 */
export function bankruptcyQuote(
  margins: MarginBook,
  holdings: Holdings,
  clobPairId: number,
  base: bigint,
): bigint {
  const state = margins.state(clobPairId);
  const held = holdings.positions.get(clobPairId) ?? 0n;
  const value = (quantums: bigint): bigint =>
    oracleValue(state.market, quantums, state.oraclePriceE12);
  const valueChange = value(held + base) - value(held);
  const marginChange = maintenanceMargin(state, held + base) - maintenanceMargin(state, held);
  const { equity, maintenanceMargin: total } = margins.risk(holdings);
  if (total === 0n) return -valueChange;
  return -valueChange - divideFloor(equity * absolute(marginChange), total);
}
