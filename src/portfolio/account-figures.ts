/**
 * The account in figures, and how far the venue's own may be from them before that is a drift.
 *
 * Tolerances: the balance by one unit for each funding payment (the venue rounds the sum, we each)
 * and two for cut-off decimals; equity and free collateral in addition by one unit a position and
 * 1 % of what is held, because the venue's oracle prices are of another moment. Free collateral is
 * compared as the indexer counts it: without the scaling by open interest.
 */
import type { AccountSnapshot, FigureDrift } from '../model/account.js';
import {
  accountRisk,
  marginNotional,
  unscaledInitialMargin,
  type AccountRisk,
  type Holding,
} from '../model/account-margin.js';
import { absolute, divideCeil, usd, type Usd } from '../model/quantities.js';

export const PRICE_TOLERANCE_PPM = 10_000n;
const MILLION = 1_000_000n;

export interface AccountFigures extends AccountRisk {
  readonly usdc: Usd;
  /** Equity less the unscaled initial margin, as the indexer says it. */
  readonly unscaledFreeCollateral: Usd;
  /** Of all positions, without their signs. */
  readonly notional: Usd;
  readonly positions: number;
}

export function accountFigures(usdc: Usd, holdings: readonly Holding[]): AccountFigures {
  const held = holdings.filter(({ size }) => size !== 0n);
  const risk = accountRisk(usdc, held);
  const unscaled = held.reduce((sum, each) => sum + unscaledInitialMargin(each), 0n);
  return {
    ...risk,
    usdc,
    unscaledFreeCollateral: usd(risk.equity - unscaled),
    notional: usd(held.reduce((sum, each) => sum + marginNotional(each), 0n)),
    positions: held.length,
  };
}

/** Every figure beyond its tolerance. Both sides must hold the same positions. */
export const figureDrifts = (
  ours: AccountFigures,
  venue: VenueFigures,
  payments: number,
): readonly FigureDrift[] => comparedFigures(ours, venue, payments).filter((each) => !agrees(each));

export const agrees = ({ ours, venue, tolerance }: FigureDrift): boolean =>
  absolute(ours - venue) <= tolerance;

type VenueFigures = Pick<AccountSnapshot, 'usdc' | 'equity' | 'freeCollateral'>;

/** Every figure beside the venue's own; each of `roundings` may have cost a unit. */
export function comparedFigures(
  ours: AccountFigures,
  venue: VenueFigures,
  roundings: number,
): readonly FigureDrift[] {
  const exact = BigInt(roundings) + 2n;
  const prices = divideCeil(ours.notional * PRICE_TOLERANCE_PPM, MILLION);
  const valued = usd(exact + BigInt(ours.positions) + prices);
  return [
    { figure: 'usdc', ours: ours.usdc, venue: venue.usdc, tolerance: usd(exact) },
    { figure: 'equity', ours: ours.equity, venue: venue.equity, tolerance: valued },
    {
      figure: 'freeCollateral',
      ours: ours.unscaledFreeCollateral,
      venue: venue.freeCollateral,
      tolerance: valued,
    },
  ];
}
