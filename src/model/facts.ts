/**
 * What the statecharts are told and what they tell: facts in, reports out, and the requests
 * that go to the venue. Plain data, so that any stage can make or read them without knowing a
 * machine.
 */
import type { Side } from './book.js';
import type { Reason, TradeVerdict } from './decision.js';
import type { CancelRequest, Denial, OrderEnd, OrderRequest, VenueOrder, Wish } from './order.js';
import type { NewTerms } from './replacement.js';
import type {
  BlockHeight,
  FillId,
  MarketId,
  OrderId,
  SignedSize,
  Size,
  UnixMs,
} from './quantities.js';
import type { Breach, RiskCause, RiskLevel } from './risk.js';

/** Fire-and-forget requests to the one root-level actor that talks to the venue. */
export type VenueLinkEvent =
  | { readonly type: 'venueLink.place'; readonly request: OrderRequest }
  /** The same id with new terms: the answer is a fact of its own. */
  | { readonly type: 'venueLink.replace'; readonly request: OrderRequest }
  | { readonly type: 'venueLink.cancel'; readonly request: CancelRequest }
  /** The answer says which attempt it answers: an old one proves nothing about later. */
  | { readonly type: 'venueLink.query'; readonly orderId: OrderId; readonly attempt: number };

/**
 * What the venue says of one order; `totalFilled` undefined means unknown, not zero. The
 * good-til-block tells, where it is there, which terms of a replaced order the word is about.
 */
export type VenueWord = Pick<VenueOrder, 'status' | 'totalFilled' | 'removalReason'> &
  Partial<Pick<VenueOrder, 'goodTilBlock'>>;

type OfReplacement = Pick<OrderRequest, 'goodTilBlock'>;

/**
 * Facts for one order. Of one frame, deliver the fills before the order's status: a status whose
 * `totalFilled` exceeds the booked fills asks for a sweep.
 */
export type OrderFact =
  | { readonly type: 'send.accepted'; readonly txHash: string }
  /** The venue's definitive no to the only attempt. */
  | { readonly type: 'send.rejected'; readonly code: string; readonly message: string }
  | { readonly type: 'send.unknown'; readonly reason: string }
  /** Certainly not sent. */
  | { readonly type: 'send.unsent'; readonly reason: string }
  | { readonly type: 'order.cancel' }
  /** Heard by a working order only: in place where the chain allows it, else by a cancel first. */
  | ({ readonly type: 'order.replace' } & NewTerms)
  /** Answers to the replacement with this good-til-block; earlier ones are of no interest. */
  | ({ readonly type: 'replace.accepted' } & OfReplacement)
  | ({
      readonly type: 'replace.rejected';
      readonly code: string;
      readonly message: string;
    } & OfReplacement)
  | ({ readonly type: 'replace.unknown'; readonly reason: string } & OfReplacement)
  | ({ readonly type: 'replace.unsent'; readonly reason: string } & OfReplacement)
  | { readonly type: 'cancel.accepted' }
  | { readonly type: 'cancel.rejected'; readonly code: string; readonly message: string }
  | { readonly type: 'cancel.unknown'; readonly reason: string }
  | ({ readonly type: 'venue.order' } & VenueWord)
  | { readonly type: 'venue.fill'; readonly fillId: FillId; readonly size: Size }
  | ({ readonly type: 'query.report' } & VenueWord)
  | { readonly type: 'query.notFound'; readonly attempt: number }
  | { readonly type: 'query.failed'; readonly reason: string }
  /**
   * The indexer's height, not the chain's: our fills come from the indexer. With the time of that
   * block, which is what ends stateful orders.
   */
  | { readonly type: 'chain.height'; readonly height: BlockHeight; readonly time?: UnixMs }
  /** All fills of blocks ≤ completeTo have been delivered. */
  | { readonly type: 'sweep.completed'; readonly completeTo: BlockHeight };

interface OrderIdentity {
  readonly orderId: OrderId;
  readonly intentId: string;
  readonly market: MarketId;
}

export type OrderReport =
  | (OrderIdentity & {
      readonly type: 'order.changed';
      readonly state: string;
      /** Whether the unfilled rest still counts as exposure. */
      readonly live: boolean;
      readonly filled: Size;
      readonly reason: string | undefined;
    })
  | (OrderIdentity & {
      readonly type: 'order.ended';
      readonly end: OrderEnd;
      readonly filled: Size;
      readonly reason: string | undefined;
    })
  /** A fill after the end: booked, and the end corrected if the order is complete now. */
  | (OrderIdentity & { readonly type: 'order.lateFill'; readonly filled: Size })
  /** The widest terms under which it may be alive; they follow the steps of a replacement. */
  | (OrderIdentity & { readonly type: 'order.terms'; readonly request: OrderRequest })
  /** Proved dead with a rest to be ordered anew under other terms. */
  | (OrderIdentity & {
      readonly type: 'order.successorDue';
      readonly terms: NewTerms;
      readonly filled: Size;
    })
  /** Fills may be missing: read them all up to the indexer's height, then `sweep.completed`. */
  | (OrderIdentity & { readonly type: 'order.sweepNeeded' })
  | (OrderIdentity & {
      readonly type: 'order.anomaly';
      readonly cause: Extract<RiskCause, 'order.overfill' | 'order.unexplained'>;
      readonly evidence: string;
    });

/** Facts for the order desk of one strategy. */
export type DeskFact =
  | { readonly type: 'desk.place'; readonly request: OrderRequest }
  | { readonly type: 'desk.cancelAll' }
  /** An order of an earlier run whose fate is not known. */
  | {
      readonly type: 'desk.recover';
      readonly request: OrderRequest;
      readonly filled: Size;
      readonly fillIds: readonly FillId[];
    };

/** A broken part of a strategy's own machinery: a reason for `strategy.fault`. */
export interface DeskFault {
  readonly type: 'desk.fault';
  readonly strategy: string;
  readonly reason: string;
}

/** Facts for the position of one strategy in one market. */
export type PositionFact =
  /** The actual size, from the books. */
  | { readonly type: 'position.changed'; readonly size: SignedSize }
  /** Leave: a stop, or the signal behind the position is gone. */
  | { readonly type: 'position.exit'; readonly reason: Reason }
  | { readonly type: 'intent.denied'; readonly wishId: string; readonly denial: Denial }
  | {
      readonly type: 'order.ended';
      readonly intentId: string;
      readonly end: OrderEnd;
      readonly filled: Size;
    };

export type PositionReport =
  | { readonly type: 'position.wish'; readonly wish: Wish }
  | {
      readonly type: 'position.state';
      readonly market: MarketId;
      readonly state: string;
      readonly size: SignedSize;
      /** The side held or being entered. */
      readonly side: Side | undefined;
    }
  /** A wish without outcome for too long: answer with its end, or deny it if no order is known. */
  | { readonly type: 'position.overdue'; readonly market: MarketId; readonly wishId: string }
  | { readonly type: 'position.fault'; readonly market: MarketId; readonly reason: string };

/** Facts for one strategy. */
export type StrategyFact =
  | { readonly type: 'strategy.warm' }
  | { readonly type: 'verdict'; readonly verdict: TradeVerdict }
  /** Also for a market in which the strategy has no position machine yet: it gets one. */
  | { readonly type: 'position.changed'; readonly market: MarketId; readonly size: SignedSize }
  | { readonly type: 'gate.closed'; readonly reason: string }
  | { readonly type: 'gate.opened' }
  | { readonly type: 'strategy.pause' }
  | { readonly type: 'strategy.unpause' }
  /** Leaves one market, or all. */
  | {
      readonly type: 'strategy.flatten';
      readonly market: MarketId | undefined;
      readonly reason: Reason;
    }
  | { readonly type: 'strategy.stop' };

export type StrategyReport =
  | { readonly type: 'order.wish'; readonly wish: Wish }
  | {
      readonly type: 'strategy.position';
      readonly strategy: string;
      readonly market: MarketId;
      readonly state: string;
      readonly size: SignedSize;
    }
  | { readonly type: 'wish.overdue'; readonly strategy: string; readonly wishId: string }
  /** A verdict to enter of which no wish was made. */
  | {
      readonly type: 'entry.denied';
      readonly strategy: string;
      readonly market: MarketId;
      readonly denial: Denial;
    }
  | { readonly type: 'strategy.fault'; readonly strategy: string; readonly reason: string };

/** Facts for the risk machine. */
export type RiskFact =
  | { readonly type: 'risk.breach'; readonly breach: Breach }
  /** The cause is gone; ignored for a latched one. */
  | { readonly type: 'risk.clear'; readonly cause: RiskCause }
  | {
      readonly type: 'operator.halt';
      readonly by: string;
      readonly reason: string;
      readonly at: UnixMs;
    }
  | {
      readonly type: 'operator.resume';
      readonly by: string;
      readonly reason: string;
      readonly at: UnixMs;
    }
  | {
      readonly type: 'operator.flatten';
      readonly by: string;
      readonly reason: string;
      readonly at: UnixMs;
    };

export type RiskReport =
  | { readonly type: 'risk.latched'; readonly breach: Breach }
  | { readonly type: 'risk.cleared'; readonly cause: RiskCause; readonly by: string }
  | {
      readonly type: 'risk.level';
      readonly level: RiskLevel;
      readonly causes: readonly RiskCause[];
    }
  | { readonly type: 'risk.flatten'; readonly evidence: string };

/** The total that a word claims, at least: `filled` claims the whole size. */
export function claimedFill(word: VenueWord, size: Size): bigint {
  const total: bigint = word.totalFilled ?? 0n;
  return word.status === 'filled' && total < size ? size : total;
}

/** Whether the order was removed because its time was over. */
export const saysExpired = (word: VenueWord): boolean =>
  word.status === 'canceled' && (word.removalReason?.endsWith('EXPIRED') ?? false);

/** Whether the word shows the order on the venue's book, or waiting to get there. */
export const saysAlive = ({ status }: VenueWord): boolean =>
  status === 'bestEffortOpened' || status === 'open' || status === 'untriggered';
