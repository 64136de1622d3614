/** The venue's integers as the indexer's text: decimal strings without trailing zeros. */
import { absolute, divideFloor, powerOfTen } from '../../model/quantities.js';
import { formatDecimal } from '../../model/decimal.js';
import type { ExchangePosition, PerpetualMarket } from '../exchange-types.js';

/** Decimal places of averages, which need not end. */
const AVERAGE_SCALE = 18;
const USDC_SCALE = 6;
const ORACLE_SCALE = 12;

/** Price = subticks × 10^(QCE − 6 − AR). */
export const priceText = (market: PerpetualMarket, subticks: bigint): string =>
  formatDecimal(subticks, market.atomicResolution - market.quantumConversionExponent + USDC_SCALE);

/** Size = quantums × 10^AR. */
export const sizeText = (market: PerpetualMarket, quantums: bigint): string =>
  formatDecimal(quantums, -market.atomicResolution);

export const usdText = (quoteQuantums: bigint): string => formatDecimal(quoteQuantums, USDC_SCALE);
export const oracleText = (priceE12: bigint): string => formatDecimal(priceE12, ORACLE_SCALE);
export const fractionText = (ppm: number): string => formatDecimal(BigInt(ppm), 6);

/** quoteQuantums ÷ quantums as a price, cut off after 18 decimals; "0" when nothing was traded. */
export function averagePriceText(
  market: PerpetualMarket,
  total: { readonly quantums: bigint; readonly quoteQuantums: bigint },
): string {
  if (total.quantums === 0n) return '0';
  const unit = powerOfTen(AVERAGE_SCALE - USDC_SCALE - market.atomicResolution);
  return formatDecimal((total.quoteQuantums * unit) / total.quantums, AVERAGE_SCALE);
}

/** Signed value of a position at the oracle price in 1e-6 USDC, rounded towards −∞. */
export function oracleValue(market: PerpetualMarket, quantums: bigint, priceE12: bigint): bigint {
  const exponent = market.atomicResolution + USDC_SCALE - ORACLE_SCALE;
  const product = quantums * priceE12;
  return exponent >= 0
    ? product * powerOfTen(exponent)
    : divideFloor(product, powerOfTen(-exponent));
}

/** LONG or SHORT, also of a closed position: its greatest size keeps the sign. */
export const positionSide = (position: ExchangePosition): 'LONG' | 'SHORT' =>
  (position.quantums === 0n ? position.maxQuantums : position.quantums) < 0n ? 'SHORT' : 'LONG';

/** (exit − entry) × closed size, sign by side, in 1e-6 USDC; fees and funding not counted. */
export function realizedPnl(position: ExchangePosition): bigint {
  if (position.sumOpen === 0n || position.sumClose === 0n) return 0n;
  const cost = (position.sumOpenQuote * position.sumClose) / position.sumOpen;
  const long = position.sumCloseQuote - cost;
  return positionSide(position) === 'LONG' ? long : -long;
}

/** (oracle − entry) × signed size in 1e-6 USDC. */
export function unrealizedPnl(
  market: PerpetualMarket,
  position: ExchangePosition,
  priceE12: bigint,
): bigint {
  if (position.sumOpen === 0n) return 0n;
  const cost = (position.sumOpenQuote * absolute(position.quantums)) / position.sumOpen;
  const value = oracleValue(market, position.quantums, priceE12);
  return position.quantums < 0n ? value + cost : value - cost;
}

/** Quote quantums per base quantum × 1e6 as USD per unit of base. */
export const fundingIndexText = (market: PerpetualMarket, fundingIndex: bigint): string =>
  formatDecimal(fundingIndex, USDC_SCALE + USDC_SCALE + market.atomicResolution);

/** ISO text of a whole millisecond. */
export const isoText = (ms: number): string => new Date(Math.floor(ms)).toISOString();
