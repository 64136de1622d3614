/**
 * What the order chart remembers, and what a fact says in the light of it: whether a word is the
 * last one, whether the order's time is over, whether a sweep has proved it.
 *
 * 1. While a replacement is not confirmed either set of terms may be alive: the larger size counts,
 *    and only the later good-til-block ends it.
 * 2. A word about older terms ends nothing, because the newer ones may be on the book.
 */
import { claimedFill, type OrderFact, type VenueWord } from '../src/model/facts.js';
import type { OrderEnd, OrderRequest } from '../src/model/order.js';
import { blockHeight, size, unixMs } from '../src/model/quantities.js';
import type { BlockHeight, FillId, OrderId, Size, UnixMs } from '../src/model/quantities.js';
import { eitherOf, type NewTerms } from '../src/model/replacement.js';

export interface OrderInput {
  readonly request: OrderRequest;
  /** Set for an order of an earlier run: it starts in `unknown`, with the fills known so far. */
  readonly recovered?: { readonly filled: Size; readonly fillIds: readonly FillId[] };
}

export interface OrderContext {
  /** The terms under which it is, or the widest under which it may be. */
  readonly request: OrderRequest;
  /** Sent, and not confirmed yet. */
  readonly replacement: OrderRequest | undefined;
  /** Whether other terms may have been sent under this id: a word must then say which it means. */
  readonly hasOlderTerms: boolean;
  /** To be ordered anew once this one is proved dead. */
  readonly successor: NewTerms | undefined;
  readonly recovered: boolean;
  readonly state: string;
  readonly filled: Size;
  readonly fillIds: readonly FillId[];
  /** The most that the venue ever claimed to be filled. */
  readonly venueFilled: Size;
  /** Whether the venue ever showed it alive; a cancel alone proves nothing. */
  readonly seen: boolean;
  /** The indexer's height as last heard, and the time of that block. */
  readonly height: BlockHeight;
  readonly time: UnixMs;
  /** Of a stateful order: the height from which on no block can fill it. */
  readonly overAt: BlockHeight | undefined;
  /** Whether the venue took a cancel of a short-term order: a place after it is refused. */
  readonly fenced: boolean;
  /** Questions asked while unknown: paces the next one. */
  readonly queries: number;
  /** Whether the last one was asked when no block could take the place any more. */
  readonly askedLate: boolean;
  /** What it is if it ends by height. */
  readonly ending: 'canceled' | 'expired';
  readonly end: OrderEnd | undefined;
  readonly closedAt: BlockHeight;
  /** Whether the end has been reported. */
  readonly ended: boolean;
  readonly reason: string | undefined;
}

export interface OrderOutput {
  readonly orderId: OrderId;
  readonly end: OrderEnd | undefined;
  readonly filled: Size;
}

/** Blocks after its end during which the chain remembers the order's fills. */
const RETIRE_BLOCKS = 40;

export const initialContext = ({ request, recovered }: OrderInput): OrderContext => ({
  request,
  replacement: undefined,
  hasOlderTerms: recovered !== undefined,
  successor: undefined,
  recovered: recovered !== undefined,
  state: 'draft',
  filled: recovered?.filled ?? size(0n),
  fillIds: recovered?.fillIds ?? [],
  venueFilled: size(0n),
  seen: false,
  height: blockHeight(0),
  time: unixMs(0),
  overAt: undefined,
  fenced: false,
  queries: 0,
  askedLate: false,
  ending: 'expired',
  end: undefined,
  closedAt: blockHeight(0),
  ended: false,
  reason: undefined,
});

export const wordOf = (event: OrderFact): VenueWord | undefined =>
  event.type === 'venue.order' || event.type === 'query.report' ? event : undefined;

export const widestTerms = ({ request, replacement }: OrderContext): OrderRequest =>
  replacement === undefined ? request : eitherOf(request, replacement);

/** What a word claims to be filled; `filled` claims the size, but that of which terms? */
export function claimOf(context: OrderContext, word: VenueWord): bigint {
  return hasOneSetOfTerms(context) || word.totalFilled === undefined
    ? claimedFill(word, context.request.size)
    : word.totalFilled;
}

/** Stateful orders are never replaced under their id. */
const hasOneSetOfTerms = ({ request, replacement, hasOlderTerms }: OrderContext): boolean =>
  request.stateful !== undefined || (replacement === undefined && !hasOlderTerms);

/** Whether a word can only be about the newest terms that were sent. */
export const isOfNewestTerms = (context: OrderContext, word: VenueWord): boolean =>
  hasOneSetOfTerms(context) ||
  (word.goodTilBlock !== undefined && word.goodTilBlock >= widestTerms(context).goodTilBlock);

/** Whether a word can only be about terms that a replacement has followed. */
export const isOfOlderTerms = (context: OrderContext, word: VenueWord): boolean =>
  (word.removalReason?.endsWith('REPLACED') ?? false) ||
  (word.goodTilBlock !== undefined &&
    context.request.stateful === undefined &&
    word.goodTilBlock < widestTerms(context).goodTilBlock);

/** Nothing of it was ever filled, and it was not taken under other terms either. */
export function isUntouched(context: OrderContext): boolean {
  if (context.filled > 0n || context.venueFilled > 0n) return false;
  // A node tells of a post-only order that it then refuses; on chain it is refused or there.
  if (context.request.stateful !== undefined) return !context.seen;
  return hasOneSetOfTerms(context);
}

/** The venue's last word, unless fills of it are missing. */
export const isLastWord = (context: OrderContext, word: VenueWord | undefined): boolean =>
  (word?.status === 'canceled' || word?.status === 'filled') && isOfNewestTerms(context, word);

export const isMissingFills = (context: OrderContext, word: VenueWord): boolean =>
  claimOf(context, word) > context.filled;

/** Height from which on no block can fill it, once it is known. */
const overAt = (context: OrderContext): BlockHeight | undefined =>
  context.request.stateful === undefined
    ? blockHeight(widestTerms(context).goodTilBlock + 1)
    : context.overAt;

/** Whether a height says that its time is over. */
export function isOver(context: OrderContext, event: OrderFact): boolean {
  if (event.type !== 'chain.height') return false;
  const { goodTilBlock, stateful } = widestTerms(context);
  if (stateful === undefined) return event.height > goodTilBlock;
  return event.time !== undefined && event.time > stateful.goodTilTime;
}

/** Whether no block can take the place of a stateful order any more. */
export const isInclusionOver = ({ request, time }: OrderContext): boolean =>
  request.stateful !== undefined && time > request.stateful.includeBy;

export function isSwept(context: OrderContext, event: OrderFact): boolean {
  const over = overAt(context);
  if (event.type !== 'sweep.completed' || over === undefined) return false;
  return context.height >= over && event.completeTo >= over;
}

/** Stateful orders are forgotten so many blocks after their end, the others after their last. */
export function isRetirable(context: OrderContext, event: OrderFact): boolean {
  const { goodTilBlock, stateful } = widestTerms(context);
  const last = stateful === undefined ? goodTilBlock : context.closedAt;
  return event.type === 'chain.height' && event.height > last + RETIRE_BLOCKS;
}

export function reasonOf(event: OrderFact): string | undefined {
  if ('message' in event) return `${event.code}: ${event.message}`;
  return 'reason' in event ? event.reason : undefined;
}
