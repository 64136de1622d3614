/**
 * How much of the chain's limits on messages is used: a fold over our own sends and the heights at
 * which they left. What the chain would refuse is refused here, with the numbers.
 *
 * 1. Failed attempts count at the venue, so every send counts here, whatever became of it.
 * 2. A window is taken one block longer than the rule says: our height may be one behind.
 * 3. Entries leave a reserve, exits a smaller one, cancels may use everything.
 * 4. A rule that is no number refuses all but cancels.
 */
import type { Denial, OrderIntent, OrderRequest } from '../model/order.js';
import type { BlockHeight, Usd } from '../model/quantities.js';
import type { BlockRule, EquityTier, LimitUsage, VenueLimits } from '../model/venue-limits.js';

export type SendKind = 'short-term' | 'stateful';
export type SendPurpose = OrderIntent['purpose'] | 'cancel';

/** Orders that live on chain carry the terms of their life; short-term ones have none. */
export const sendKindOf = ({
  lifetime,
  stateful,
}: Partial<Pick<OrderIntent, 'lifetime'> & Pick<OrderRequest, 'stateful'>>): SendKind =>
  lifetime === undefined && stateful === undefined ? 'short-term' : 'stateful';

/** Parts of a limit that are kept free, in percent. */
const RESERVE_PCT: Readonly<Record<SendPurpose, number>> = { entry: 20, exit: 10, cancel: 0 };
/** A window that is longer than this is not one that we can watch over. */
const BLOCKS_MAX = 10_000;

export class SendBudget {
  #limits: VenueLimits | undefined;
  /** Sends by height, ascending; heights older than every window are forgotten. */
  readonly #sent: Readonly<Record<SendKind, Map<number, number>>> = {
    'short-term': new Map(),
    stateful: new Map(),
  };
  /** Sends of earlier runs: they count from the first height that is heard. */
  readonly #carried: Record<SendKind, number> = { 'short-term': 0, stateful: 0 };

  get limits(): VenueLimits | undefined {
    return this.#limits;
  }

  learn(limits: VenueLimits): void {
    this.#limits = limits;
  }

  /** Sent by an earlier run, nobody knows at which height. */
  carry(kind: SendKind): void {
    this.#carried[kind] += 1;
  }

  record(kind: SendKind, height: BlockHeight, weight = 1): void {
    const sent = this.#sent[kind];
    this.#settle(kind, height);
    sent.set(height, (sent.get(height) ?? 0) + weight);
    const oldest = height - this.#longest(kind);
    for (const at of sent.keys()) if (at < oldest) sent.delete(at);
  }

  /** One entry for each rule; undefined while the limits are not known. */
  usage(kind: SendKind, height: BlockHeight): readonly LimitUsage[] | undefined {
    const rules = this.#rules(kind);
    if (rules === undefined) return undefined;
    this.#settle(kind, height);
    return rules.map(({ blocks, limit }) => {
      let used = 0;
      for (const [at, count] of this.#sent[kind]) if (!(at < height - blocks)) used += count;
      return { what: kind, used, limit, blocks };
    });
  }

  #settle(kind: SendKind, height: BlockHeight): void {
    const carried = this.#carried[kind];
    if (carried === 0) return;
    this.#carried[kind] = 0;
    this.#sent[kind].set(height, (this.#sent[kind].get(height) ?? 0) + carried);
  }

  #rules(kind: SendKind): readonly BlockRule[] | undefined {
    return kind === 'stateful' ? this.#limits?.stateful : this.#limits?.shortTerm;
  }

  #longest(kind: SendKind): number {
    const windows = this.#rules(kind)?.map(({ blocks }) => blocks) ?? [BLOCKS_MAX];
    return windows.reduce((longest, blocks) => (blocks > longest ? blocks : longest), 1);
  }
}

/** The first rule that one more message would break, with its numbers; it may count as several. */
export function refuseSend(
  usages: readonly LimitUsage[] | undefined,
  purpose: SendPurpose,
  weight = 1,
): Denial | undefined {
  if (usages === undefined) {
    if (purpose !== 'entry') return undefined;
    return { code: 'limit.unknown', message: 'the limits of the chain have not been read yet' };
  }
  const broken = usages.find((usage) => !fits(usage, purpose, weight));
  if (broken === undefined) return undefined;
  const { what, used, limit, blocks } = broken;
  const reserve = reserveOf(limit, purpose);
  const kept = reserve > 0 ? `, ${reserve} of them kept free` : '';
  const message = `${used} of ${limit} ${what} messages used in ${blocks} blocks${kept}`;
  return { code: 'limit.block-rate', message };
}

/** Written so that what is no number refuses, but for cancels: they only lower risk. */
function fits({ used, limit, blocks }: LimitUsage, purpose: SendPurpose, weight: number): boolean {
  const isRule = blocks >= 1 && blocks <= BLOCKS_MAX && limit >= 0;
  if (!isRule) return purpose === 'cancel';
  return used + weight <= limit - reserveOf(limit, purpose);
}

/** Of a small limit entries leave one message to exits, and exits none to cancels. */
function reserveOf(limit: number, purpose: SendPurpose): number {
  const share = (limit * RESERVE_PCT[purpose]) / 100;
  return purpose === 'entry' ? Math.ceil(share) : Math.floor(share);
}

export interface OpenStateful {
  /** Open on the subaccount, all markets. */
  readonly open: number;
  /** Net collateral; undefined while unknown. */
  readonly equity: Usd | undefined;
  readonly tiers: readonly EquityTier[] | undefined;
}

/** How many stateful orders may be open; undefined where there is no limit. */
export function tierUsage({ open, equity, tiers }: OpenStateful): LimitUsage | undefined {
  if (tiers?.length === 0) return undefined;
  const what = 'equity-tier';
  if (equity === undefined || tiers === undefined) {
    return { what, used: open, limit: Number.NaN, blocks: 0 };
  }
  const reached = tiers.filter((tier) => tier.equity <= equity);
  const best = reached.reduce<EquityTier | undefined>(
    (top, tier) => (top === undefined || tier.equity > top.equity ? tier : top),
    undefined,
  );
  return { what, used: open, limit: best?.limit ?? 0, blocks: 0 };
}

/** Whether one more stateful order may be open. */
export function refuseOpen(stateful: OpenStateful): Denial | undefined {
  const usage = tierUsage(stateful);
  if (usage === undefined || usage.used + 1 <= usage.limit) return undefined;
  const { equity } = stateful;
  const of = equity === undefined ? 'unknown equity' : `an equity of ${equity} (1e-6 USD)`;
  const words = `${usage.used} stateful orders are open, at most ${usage.limit} with ${of}`;
  return { code: 'limit.equity-tier', message: words };
}
