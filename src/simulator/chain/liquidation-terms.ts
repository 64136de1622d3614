/**
 * The terms of a liquidation: how much of a position is closed in one block, at which price at
 * worst, what the insurance fund gets or pays. All pure, at oracle prices.
 */
import { absolute, divideCeil, divideFloor, largest, smallest } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';
import { oracleValue } from '../indexer/wire-units.js';
import type { Holdings } from './clearing-account.js';
import { maintenanceMargin, type MarginBook } from './margin.js';
import { subticksOf } from './quote-quantums.js';

const MILLION = 1_000_000n;
const FEE_PPM = 15_000n;
/** The part of a position that one block may close, and what it may close in any case. */
const POSITION_PPM = 100_000n;
const POSITION_NOTIONAL_MIN = 1_000_000_000n;
/** Of one subaccount in one block, 1e-6 USDC. */
export const SUBACCOUNT_NOTIONAL_MAX = 100_000_000_000n;
/** How far the price may go from the oracle's when nothing is left: so many maintenance margins. */
const SPREAD_PPM = 1_500_000n;

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
  const worth = oracleQuote(margins, holdings, clobPairId, base);
  const marginChange = maintenanceMargin(state, held + base) - maintenanceMargin(state, held);
  const { equity, maintenanceMargin: total } = margins.risk(holdings);
  if (total === 0n) return worth;
  return worth - divideFloor(equity * absolute(marginChange), total);
}

/** The same at the oracle price: equity stays as it is. */
export function oracleQuote(
  margins: MarginBook,
  holdings: Holdings,
  clobPairId: number,
  base: bigint,
): bigint {
  const { market, oraclePriceE12 } = margins.state(clobPairId);
  const held = holdings.positions.get(clobPairId) ?? 0n;
  return (
    oracleValue(market, held, oraclePriceE12) - oracleValue(market, held + base, oraclePriceE12)
  );
}

/**
 * The worst price at which a liquidation order fills, in subticks on a tick: the further the
 * account has gone from its maintenance margin to bankruptcy, the further from the oracle price.
 * Rounded in the account's favour.
 */
export function fillableSubticks(
  margins: MarginBook,
  holdings: Holdings,
  clobPairId: number,
): bigint {
  const state = margins.state(clobPairId);
  const { market } = state;
  const held = holdings.positions.get(clobPairId) ?? 0n;
  const { equity, maintenanceMargin: total } = margins.risk(holdings);
  const missing = smallest(total, largest(0n, total - equity));
  const margin = maintenanceMargin(state, held);
  const spread = total === 0n ? 0n : (margin * SPREAD_PPM * missing) / (total * MILLION);
  const size = absolute(held);
  const value = oracleValue(market, size, state.oraclePriceE12);
  const isLong = held > 0n;
  const subticks = subticksOf(market, size, largest(0n, isLong ? value - spread : value + spread));
  const ticks = isLong
    ? divideCeil(subticks, market.subticksPerTick)
    : divideFloor(subticks, market.subticksPerTick);
  return largest(1n, ticks) * market.subticksPerTick;
}

/**
 * How much of a position of `held` base quantums one block closes, in whole steps: a tenth of it
 * or 1 000 USD, whichever is more, and no more than the subaccount's limit leaves.
 */
export function liquidationSize(options: {
  readonly market: PerpetualMarket;
  readonly oraclePriceE12: bigint;
  readonly held: bigint;
  readonly notionalLeft: bigint;
}): bigint {
  const { market, oraclePriceE12, notionalLeft } = options;
  const size = absolute(options.held);
  const notional = oracleValue(market, size, oraclePriceE12);
  if (notional === 0n) return size;
  const wanted = largest((notional * POSITION_PPM) / MILLION, POSITION_NOTIONAL_MIN);
  const allowed = smallest(smallest(wanted, notional), notionalLeft);
  if (allowed >= notional) return size;
  const steps = (size * allowed) / (notional * market.stepBaseQuantums);
  return smallest(size, largest(0n, steps) * market.stepBaseQuantums);
}
