/**
 * How much of a difference to the venue's balance may be hourly funding whose rows have not come
 * yet. The balance moves at the full hour; the rows that tell of it are written by a job of the
 * indexer's, a minute later as a rule and much later when the indexer is behind.
 */
import { divideCeil, usd, type UnixMs, type Usd } from '../model/quantities.js';

const HOUR_MS = 3_600_000;
const BILLION = 1_000_000_000n;
/** What is paid is an average, what we know of it a forecast: so many times apart, they say. */
const FORECAST_ROOM = 4n;
/** Parts per billion an hour that are always possible: ten times the usual rate. */
const RATE_MIN_PPB = 125_000n;
/** Rows that are later than two full hours are no longer late. */
const HOURS_MAX = 2;

export interface Funded {
  /** Without its sign. */
  readonly notional: Usd;
  /** Fraction of the notional, of either sign; undefined while it is not known. */
  readonly rate1h: number | undefined;
}

/** At most so much at one full hour, in either direction. */
export const hourlyFunding = (held: readonly Funded[]): Usd =>
  usd(
    held.reduce(
      (sum, { notional, rate1h }) => sum + divideCeil(notional * boundPpb(rate1h), BILLION),
      0n,
    ),
  );

function boundPpb(rate = 0): bigint {
  const ppb = Math.ceil(Math.abs(rate) * 1e9);
  const bound = Number.isSafeInteger(ppb) ? BigInt(ppb) * FORECAST_ROOM : 0n;
  return bound > RATE_MIN_PPB ? bound : RATE_MIN_PPB;
}

/** Remembers the most that was held since the newest row: what is left was held at the hour. */
export class FundingRoom {
  #paidTo: UnixMs | undefined;
  #hourly: Usd = usd(0n);

  /** `paidTo` is the time of the newest row, or of the opening. */
  note(hourly: Usd, paidTo: UnixMs | undefined): void {
    if (paidTo !== this.#paidTo) this.#hourly = usd(0n);
    this.#paidTo = paidTo;
    if (hourly > this.#hourly) this.#hourly = hourly;
  }

  /** Zero while no full hour has passed since the newest row. */
  at(now: UnixMs): Usd {
    if (this.#paidTo === undefined) return usd(0n);
    const hours = Math.floor(now / HOUR_MS) - Math.floor(this.#paidTo / HOUR_MS);
    return usd(BigInt(Math.min(HOURS_MAX, Math.max(0, hours))) * this.#hourly);
  }
}
