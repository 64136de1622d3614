/**
 * Fees: tiers by what an address has traded within 30 days, in whole days, maker and taker volume
 * together.
 */
import type { FeeTier } from '../chain-messages.js';
import { divideCeil } from '../../model/quantities.js';

const MILLION = 1_000_000n;
const DAY_MS = 86_400_000;
const DAYS = 30;

/** The day of a time; volumes count by days. */
export const dayOf = (timeMs: number): number => Math.floor(timeMs / DAY_MS);

/** ⌈ quote · ppm ÷ 1e6 ⌉: a fee is rounded up, a rebate (< 0) towards zero. */
export const feeOf = (quoteQuantums: bigint, ppm: number): bigint =>
  divideCeil(quoteQuantums * BigInt(ppm), MILLION);

/** What one address has traded; at most 30 days are remembered. */
export class TradedVolume {
  readonly #days: { readonly day: number; quoteQuantums: bigint }[] = [];
  #total = 0n;

  add(day: number, quoteQuantums: bigint): void {
    this.#forget(day);
    const last = this.#days.at(-1);
    if (last !== undefined && last.day === day) last.quoteQuantums += quoteQuantums;
    else this.#days.push({ day, quoteQuantums });
    this.#total += quoteQuantums;
  }

  /** 1e-6 USDC within the 30 days that end with this one. */
  total(day: number): bigint {
    this.#forget(day);
    return this.#total;
  }

  #forget(day: number): void {
    while (this.#days[0] !== undefined && this.#days[0].day <= day - DAYS) {
      this.#total -= this.#days[0].quoteQuantums;
      this.#days.shift();
    }
  }
}

export class FeeSchedule {
  /** Lowest first; the first one needs no volume. */
  readonly tiers: readonly FeeTier[];

  constructor(options: {
    readonly feeTiers?: readonly FeeTier[] | undefined;
    readonly takerFeePpm: number;
    readonly makerFeePpm: number;
  }) {
    const { takerFeePpm, makerFeePpm } = options;
    const only: FeeTier = { name: '1', volumeRequired: 0n, takerFeePpm, makerFeePpm };
    this.tiers = options.feeTiers ?? [only];
    const isSorted = this.tiers.every(
      ({ volumeRequired }, index) =>
        volumeRequired > (this.tiers[index - 1]?.volumeRequired ?? -1n) &&
        (index > 0 || volumeRequired === 0n),
    );
    if (this.tiers.length === 0 || !isSorted) {
      throw new RangeError('fee tiers: expected at least one, from volume 0 upwards');
    }
  }

  tier(volume: bigint): FeeTier {
    let found = this.tiers[0] as FeeTier;
    for (const tier of this.tiers) if (volume >= tier.volumeRequired) found = tier;
    return found;
  }
}
