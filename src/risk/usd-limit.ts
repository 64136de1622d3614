/** A limit as a person wrote it, in whole USD, made exact. What is no number is no limit. */
import { USD_SCALE, usd, type Usd } from '../model/quantities.js';

/** Rounded towards zero; undefined for NaN, infinities and negative numbers: the caller refuses. */
export function usdLimit(limitUsd: number): Usd | undefined {
  if (!Number.isFinite(limitUsd) || limitUsd < 0) return undefined;
  return usd(BigInt(Math.floor(limitUsd * 10 ** USD_SCALE)));
}
