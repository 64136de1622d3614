/** One subaccount's money and positions as the node holds them, optimistic matches included. */
import type { SubaccountId } from '../order-terms.js';
import { TradedVolume } from './fee-schedule.js';

/** What margin is computed from. */
export interface Holdings {
  /** Settled balance, 1e-6 USDC. */
  readonly quoteQuantums: bigint;
  /** Signed base quantums by clobPairId; no zeros. */
  readonly positions: ReadonlyMap<number, bigint>;
  /** The market's funding index at which each position was settled last. */
  readonly fundingIndexes: ReadonlyMap<number, bigint>;
  /** The funding round until which all positions are settled. */
  readonly fundingRound: number;
  /** Initial margin fractions that the owner asked for, ppm by clobPairId. */
  readonly leverage: ReadonlyMap<number, number>;
}

export interface Account extends Holdings {
  readonly key: string;
  readonly id: SubaccountId;
  /** One of the exchange's own traders: nobody asks for its history, so none is kept. */
  readonly seeded: boolean;
  quoteQuantums: bigint;
  readonly positions: Map<number, bigint>;
  readonly fundingIndexes: Map<number, bigint>;
  fundingRound: number;
  /** Replaced as a whole. */
  leverage: ReadonlyMap<number, number>;
  /** Of the owner, over all subaccounts. */
  readonly volume: TradedVolume;
}

export const subaccountKey = ({ owner, number }: SubaccountId): string => `${owner}/${number}`;

const NO_LEVERAGE: ReadonlyMap<number, number> = new Map();

/** An account without money and positions. */
export const emptyAccount = (
  id: SubaccountId,
  given: Partial<Pick<Account, 'seeded' | 'fundingRound' | 'volume'>> = {},
): Account => ({
  key: subaccountKey(id),
  id,
  seeded: false,
  quoteQuantums: 0n,
  positions: new Map(),
  fundingIndexes: new Map(),
  fundingRound: 0,
  leverage: NO_LEVERAGE,
  volume: new TradedVolume(),
  ...given,
});
