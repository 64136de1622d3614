/**
 * The vocabulary of the order chart: its context, its guards (what a fact says), its actions
 * (what is noted, what is reported to the desk, what is asked of the venue) and its delays.
 */
import { assign, enqueueActions, sendParent, sendTo, setup } from 'xstate';
import {
  claimedFill,
  saysAlive,
  saysExpired,
  type OrderFact,
  type OrderReport,
  type VenueLinkEvent,
  type VenueWord,
} from '../src/model/facts.js';
import type { OrderEnd, OrderRequest } from '../src/model/order.js';
import {
  largest,
  size,
  type BlockHeight,
  type FillId,
  type OrderId,
  type Size,
} from '../src/model/quantities.js';
import { unprovidedEvents } from './unprovided.machine.js';

export interface OrderInput {
  readonly request: OrderRequest;
  /** Set for an order of an earlier run: it starts in `unknown`, with the fills known so far. */
  readonly recovered?: { readonly filled: Size; readonly fillIds: readonly FillId[] };
}

export interface OrderContext {
  readonly request: OrderRequest;
  readonly recovered: boolean;
  readonly state: string;
  readonly filled: Size;
  readonly fillIds: readonly FillId[];
  /** The most that the venue ever claimed to be filled. */
  readonly venueFilled: Size;
  /** Whether the venue ever showed it alive; a cancel alone proves nothing. */
  readonly seen: boolean;
  /** The indexer's height as last heard. */
  readonly height: BlockHeight;
  /** Questions asked while unknown: only paces the next one. */
  readonly queries: number;
  /** What it is if it ends by height. */
  readonly ending: 'canceled' | 'expired';
  readonly end: OrderEnd | undefined;
  /** Whether the end has been reported. */
  readonly ended: boolean;
  readonly reason: string | undefined;
}

export interface OrderOutput {
  readonly orderId: OrderId;
  readonly end: OrderEnd | undefined;
  readonly filled: Size;
}

/** Blocks after goodTilBlock during which the chain remembers the order's fills. */
export const RETIRE_BLOCKS = 40;

const identity = ({ request }: OrderContext) => ({
  orderId: request.orderId,
  intentId: request.intentId,
  market: request.market,
});

const wordOf = (event: OrderFact): VenueWord | undefined =>
  event.type === 'venue.order' || event.type === 'query.report' ? event : undefined;

const isMissingFills = (context: OrderContext, word: VenueWord): boolean =>
  claimedFill(word, context.request.size) > context.filled;

const reasonOf = (event: OrderFact): string | undefined => {
  if ('message' in event) return `${event.code}: ${event.message}`;
  return 'reason' in event ? event.reason : undefined;
};

const changed = (context: OrderContext): OrderReport => ({
  type: 'order.changed',
  ...identity(context),
  state: context.state,
  live: context.end === undefined,
  filled: context.filled,
  reason: context.reason,
});

const unexplained = (context: OrderContext, evidence: string): OrderReport => ({
  type: 'order.anomaly',
  ...identity(context),
  cause: 'order.unexplained',
  evidence,
});

const isSwept = (context: OrderContext, event: OrderFact): boolean =>
  event.type === 'sweep.completed' &&
  context.height > context.request.goodTilBlock &&
  event.completeTo > context.request.goodTilBlock;

export const orderVocabulary = setup({
  types: {
    context: {} as OrderContext,
    events: {} as OrderFact,
    input: {} as OrderInput,
    output: {} as OrderOutput,
    tags: {} as 'live' | 'ambiguous' | 'terminal',
  },
  actors: { facts: unprovidedEvents<OrderFact, { readonly orderId: OrderId }>('order.facts') },
  delays: {
    /** The broadcast's own answer. */
    ackTimeout: 3_000,
    /** The venue's first word after an accepted broadcast. */
    openTimeout: 5_000,
    cancelTimeout: 3_000,
    queryTimeout: 5_000,
    queryBackoff: ({ context }) => Math.min(5_000, 500 * 2 ** Math.min(context.queries, 4)),
    sweepRetry: 3_000,
  },
  guards: {
    isRecovered: ({ context }) => context.recovered,
    isComplete: ({ context }) => context.filled >= context.request.size,
    isUntouched: ({ context }) => context.filled === 0n && context.venueFilled === 0n,
    isUnseen: ({ context }) => !context.seen && context.filled === 0n && context.venueFilled === 0n,
    isDuplicateFill: ({ context, event }) =>
      event.type === 'venue.fill' && context.fillIds.includes(event.fillId),
    completesOrder: ({ context, event }) =>
      event.type === 'venue.fill' && context.filled + event.size >= context.request.size,
    isPastGoodTilBlock: ({ context, event }) =>
      event.type === 'chain.height' && event.height > context.request.goodTilBlock,
    isRetirable: ({ context, event }) =>
      event.type === 'chain.height' && event.height > context.request.goodTilBlock + RETIRE_BLOCKS,
    isSwept: ({ context, event }) => isSwept(context, event),
    isSweptAfterCancel: ({ context, event }) =>
      context.ending === 'canceled' && isSwept(context, event),
    saysBestEffortOpened: ({ event }) => wordOf(event)?.status === 'bestEffortOpened',
    saysOpen: ({ event }) => wordOf(event)?.status === 'open',
    saysUntriggered: ({ event }) => wordOf(event)?.status === 'untriggered',
    saysAlive: ({ event }) => {
      const word = wordOf(event);
      return word !== undefined && saysAlive(word);
    },
    saysBestEffortCanceled: ({ event }) => wordOf(event)?.status === 'bestEffortCanceled',
    saysCanceled: ({ event }) => wordOf(event)?.status === 'canceled',
    saysExpired: ({ event }) => {
      const word = wordOf(event);
      return word !== undefined && saysExpired(word);
    },
    saysGoneButFillsAreMissing: ({ context, event }) => {
      const word = wordOf(event);
      if (word?.status !== 'canceled' && word?.status !== 'filled') return false;
      return isMissingFills(context, word);
    },
    claimsMore: ({ context, event }) => {
      const word = wordOf(event);
      return word !== undefined && isMissingFills(context, word);
    },
  },
  actions: {
    place: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }): VenueLinkEvent => ({ type: 'venueLink.place', request: context.request }),
    ),
    /** With a smaller goodTilBlock it would be reported as canceled, and cancel nothing. */
    sendCancel: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context: { request } }): VenueLinkEvent => ({
        type: 'venueLink.cancel',
        request: {
          orderId: request.orderId,
          clientId: request.clientId,
          market: request.market,
          goodTilBlock: request.goodTilBlock,
        },
      }),
    ),
    query: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }): VenueLinkEvent => ({
        type: 'venueLink.query',
        orderId: context.request.orderId,
      }),
    ),
    countQuery: assign({ queries: ({ context }) => context.queries + 1 }),
    noteState: assign({ state: (_, params: { readonly state: string }) => params.state }),
    noteEnd: assign((_, { end }: { readonly end: OrderEnd }) => ({ end, state: `closed.${end}` })),
    noteHeight: assign({
      height: ({ context, event }) =>
        event.type === 'chain.height' && event.height > context.height
          ? event.height
          : context.height,
    }),
    noteReason: assign({ reason: ({ context, event }) => reasonOf(event) ?? context.reason }),
    noteSilence: assign({ reason: 'no answer in time' }),
    noteCanceled: assign({ ending: 'canceled' }),
    noteWord: assign(({ context, event }) => {
      const word = wordOf(event);
      if (word === undefined) return {};
      const claimed = claimedFill(word, context.request.size);
      const gone = word.status === 'canceled' || word.status === 'bestEffortCanceled';
      return {
        seen: context.seen || saysAlive(word),
        venueFilled: size(largest(claimed, context.venueFilled)),
        ending: gone && !saysExpired(word) ? 'canceled' : context.ending,
        reason: word.removalReason ?? context.reason,
      };
    }),
    bookFill: assign(({ context, event }) =>
      event.type === 'venue.fill'
        ? {
            filled: size(context.filled + event.size),
            fillIds: [...context.fillIds, event.fillId],
          }
        : {},
    ),
    report: sendParent(({ context }) => changed(context)),
    /** Reports the end once; a late fill may still correct it. */
    reportEnd: enqueueActions(({ context, enqueue }) => {
      const { end, filled, reason, ended } = context;
      if (end === undefined || ended) return;
      enqueue.assign({ ended: true });
      enqueue.sendParent({ type: 'order.ended', ...identity(context), end, filled, reason });
    }),
    reportLateFill: sendParent(({ context }) => ({
      type: 'order.lateFill',
      ...identity(context),
      filled: context.filled,
    })),
    askForSweep: sendParent(({ context }) => ({
      type: 'order.sweepNeeded',
      ...identity(context),
    })),
    /** A claim above our fills means that a fill message was missed. */
    compareFills: enqueueActions(({ context, enqueue }) => {
      if (context.venueFilled <= context.filled) return;
      enqueue.sendParent({ type: 'order.sweepNeeded', ...identity(context) });
    }),
    reportOverfill: enqueueActions(({ context, enqueue }) => {
      if (context.filled <= context.request.size) return;
      const evidence = `expected at most ${context.request.size} filled, was ${context.filled}`;
      enqueue.sendParent({ ...unexplained(context, evidence), cause: 'order.overfill' });
    }),
    reportMissingFills: enqueueActions(({ context, enqueue }) => {
      if (context.venueFilled <= context.filled) return;
      const { venueFilled, filled } = context;
      const evidence = `expected ${venueFilled} filled, was ${filled} after a sweep`;
      enqueue.sendParent(unexplained(context, evidence));
    }),
    reportContradiction: sendParent(({ context, event }) =>
      unexplained(context, `${event.type} contradicts the state ${context.state}`),
    ),
    reportDeafness: sendParent(({ context }) =>
      unexplained(context, 'the stream of facts ended before the order was retired'),
    ),
  },
});
