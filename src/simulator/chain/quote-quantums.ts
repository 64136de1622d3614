/** What a fill is worth in quote quantums (1e-6 USDC). */
import { divideFloor, powerOfTen } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';

/** ⌊ subticks · quantums · 10^QCE ⌋ in 1e-6 USDC. */
export function quoteOf(market: PerpetualMarket, quantums: bigint, subticks: bigint): bigint {
  const exponent = market.quantumConversionExponent;
  return exponent >= 0
    ? quantums * subticks * powerOfTen(exponent)
    : divideFloor(quantums * subticks, powerOfTen(-exponent));
}

/** The price at which `quantums` are worth `quoteQuantums`, in subticks, rounded down. */
export function subticksOf(
  market: PerpetualMarket,
  quantums: bigint,
  quoteQuantums: bigint,
): bigint {
  const exponent = market.quantumConversionExponent;
  return exponent >= 0
    ? quoteQuantums / (quantums * powerOfTen(exponent))
    : (quoteQuantums * powerOfTen(-exponent)) / quantums;
}
