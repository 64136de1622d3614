/** What accounts and positions are worth, as plain values for operators; null: not known. */
import { freeCollateralOf } from '../model/account-margin.js';
import { formatDecimal } from '../model/decimal.js';
import { formatUsd } from '../model/market.js';
import { ORACLE_SCALE, type Usd } from '../model/quantities.js';
import type { AccountFigures } from '../portfolio/account-figures.js';
import type { PositionFigures } from '../portfolio/family-figures.js';

export const textOf = (value: Usd | undefined): string | null =>
  value === undefined ? null : formatUsd(value);

export const sumsState = (figures: AccountFigures | undefined) => ({
  usdc: textOf(figures?.usdc),
  equityUsd: textOf(figures?.equity),
  initialMarginUsd: textOf(figures?.initialMargin),
  maintenanceMarginUsd: textOf(figures?.maintenanceMargin),
  freeCollateralUsd: textOf(figures && freeCollateralOf(figures)),
});

export const valuedState = (position: PositionFigures | undefined) => ({
  oraclePrice: position === undefined ? null : formatDecimal(position.held.oracle, ORACLE_SCALE),
  notionalUsd: textOf(position?.notional),
  initialMarginUsd: textOf(position?.initialMargin),
  maintenanceMarginUsd: textOf(position?.maintenanceMargin),
  liquidationPrice: position === undefined ? null : liquidationText(position),
});

/** To the market's finest price, rounded down. */
function liquidationText({ held, liquidationPrice: price }: PositionFigures): string | null {
  if (price === undefined) return null;
  const scale = Math.min(ORACLE_SCALE, Math.max(0, -held.spec.priceExponent));
  return formatDecimal(price / 10n ** BigInt(ORACLE_SCALE - scale), scale);
}
