/**
 * The vocabulary of the order chart: its guards (what a fact says), its actions (what is noted,
 * what is reported to the desk, what is asked of the venue) and its delays.
 */
import { assign, enqueueActions, sendParent, sendTo, setup } from 'xstate';
import {
  saysAlive,
  saysExpired,
  type OrderFact,
  type OrderReport,
  type VenueLinkEvent,
} from '../src/model/facts.js';
import type { OrderEnd } from '../src/model/order.js';
import { blockHeight, largest, size, unixMs, type OrderId } from '../src/model/quantities.js';
import { cancelOf, replacementOf, type NewTerms } from '../src/model/replacement.js';
import {
  claimOf,
  isInclusionOver,
  isLastWord,
  isMissingFills,
  isOfNewestTerms,
  isOfOlderTerms,
  isOver,
  isRetirable,
  isSwept,
  isUntouched,
  reasonOf,
  widestTerms,
  wordOf,
  type OrderContext,
  type OrderInput,
  type OrderOutput,
} from './order-context.js';
import { unprovidedEvents } from './unprovided.machine.js';

const identity = ({ request }: OrderContext) => ({
  orderId: request.orderId,
  intentId: request.intentId,
  market: request.market,
});

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

/** Without the event around them: they are signed and journaled. */
const termsOf = ({ price, size: whole, goodTilBlock, newestFrameAt, heldMs }: NewTerms) => ({
  price,
  size: whole,
  goodTilBlock,
  newestFrameAt,
  heldMs,
});

const cancelEvent = (context: OrderContext): VenueLinkEvent => ({
  type: 'venueLink.cancel',
  request: cancelOf(widestTerms(context)),
});

const saysLast = (context: OrderContext, event: OrderFact, status: string): boolean => {
  const word = wordOf(event);
  return word?.status === status && isLastWord(context, word);
};

const isNewestAnd = (context: OrderContext, event: OrderFact, status: string): boolean => {
  const word = wordOf(event);
  return word?.status === status && isOfNewestTerms(context, word);
};

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
    isComplete: ({ context }) => context.filled >= widestTerms(context).size,
    isUntouched: ({ context }) => isUntouched(context),
    isUnseen: ({ context }) => !context.seen && isUntouched(context),
    isStateful: ({ context }) => context.request.stateful !== undefined,
    isDuplicateFill: ({ context, event }) =>
      event.type === 'venue.fill' && context.fillIds.includes(event.fillId),
    completesOrder: ({ context, event }) =>
      event.type === 'venue.fill' && context.filled + event.size >= widestTerms(context).size,
    isOver: ({ context, event }) => isOver(context, event),
    isRetirable: ({ context, event }) => isRetirable(context, event),
    isSwept: ({ context, event }) => isSwept(context, event),
    isSweptAfterCancel: ({ context, event }) =>
      context.ending === 'canceled' && isSwept(context, event),
    /** Not found after the last block that could have taken it: it never came. */
    isProvedAbsent: ({ context, event }) =>
      event.type === 'query.notFound' &&
      event.attempt === context.queries &&
      context.askedLate &&
      !context.seen &&
      isUntouched(context),
    saysBestEffortOpened: ({ event }) => wordOf(event)?.status === 'bestEffortOpened',
    saysOpen: ({ event }) => wordOf(event)?.status === 'open',
    saysUntriggered: ({ event }) => wordOf(event)?.status === 'untriggered',
    saysAlive: ({ event }) => {
      const word = wordOf(event);
      return word !== undefined && saysAlive(word);
    },
    /** Not when older terms only make room for newer ones. */
    saysBestEffortCanceled: ({ context, event }) => {
      const word = wordOf(event);
      return word?.status === 'bestEffortCanceled' && !isOfOlderTerms(context, word);
    },
    /** A node has dropped a stateful order: only the chain can end it. */
    isHint: ({ context, event }) =>
      context.request.stateful !== undefined && wordOf(event)?.status === 'bestEffortCanceled',
    /** A node tells of a post-only order before it refuses it; the word may be the slower one. */
    isAnnouncement: ({ context, event }) => {
      const { timeInForce, stateful } = context.request;
      const isShort = stateful === undefined && timeInForce === 'postOnly';
      return isShort && wordOf(event)?.status === 'bestEffortOpened';
    },
    /** The chain does not know it as dead, whatever we took for a proof. */
    reappears: ({ context, event }) => {
      const word = wordOf(event);
      const { stateful } = context.request;
      if (word === undefined || stateful === undefined) return false;
      return saysAlive(word) && context.time <= stateful.goodTilTime;
    },
    saysFilled: ({ context, event }) => saysLast(context, event, 'filled'),
    saysCanceled: ({ context, event }) => saysLast(context, event, 'canceled'),
    /** With a rest to be ordered anew nothing but the proof will do, as fills may be late. */
    saysCanceledWithoutProof: ({ context, event }) =>
      context.successor !== undefined &&
      context.request.stateful === undefined &&
      saysLast(context, event, 'canceled'),
    saysExpired: ({ context, event }) => {
      const word = wordOf(event);
      return word !== undefined && saysExpired(word) && isLastWord(context, word);
    },
    saysGoneButFillsAreMissing: ({ context, event }) => {
      const word = wordOf(event);
      return word !== undefined && isLastWord(context, word) && isMissingFills(context, word);
    },
    claimsMore: ({ context, event }) => {
      const word = wordOf(event);
      return word !== undefined && isMissingFills(context, word);
    },
    mayReplaceInPlace: ({ context, event }) =>
      event.type === 'order.replace' &&
      replacementOf(context.request, event, context.filled) !== undefined,
    answersReplacement: ({ context, event }) =>
      'goodTilBlock' in event && event.goodTilBlock === context.replacement?.goodTilBlock,
    leavesNothing: ({ context, event }) =>
      event.type === 'order.replace' && event.size <= context.filled,
    saysReplacementOpened: ({ context, event }) => isNewestAnd(context, event, 'bestEffortOpened'),
    saysReplacementOpen: ({ context, event }) => isNewestAnd(context, event, 'open'),
    /** The order is off the book while its replacement may be on the way there. */
    saysGone: ({ event }) => {
      const word = wordOf(event);
      const makesRoom = word?.removalReason?.endsWith('REPLACED') ?? false;
      return word !== undefined && !saysAlive(word) && !makesRoom;
    },
  },
  actions: {
    place: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }): VenueLinkEvent => ({ type: 'venueLink.place', request: context.request }),
    ),
    sendReplacement: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }): VenueLinkEvent => ({
        type: 'venueLink.replace',
        request: context.replacement ?? context.request,
      }),
    ),
    sendCancel: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }) => cancelEvent(context),
    ),
    /** A lost cancel fences nothing: from the second question on it goes along with each. */
    fenceAgain: enqueueActions(({ context, enqueue, system }) => {
      if (context.fenced || context.queries < 2) return;
      enqueue.sendTo(system.get('venueLink'), cancelEvent(context));
    }),
    query: sendTo(
      ({ system }) => system.get('venueLink'),
      ({ context }): VenueLinkEvent => ({
        type: 'venueLink.query',
        orderId: context.request.orderId,
        attempt: context.queries,
      }),
    ),
    countQuery: assign(({ context }) => ({
      queries: context.queries + 1,
      askedLate: isInclusionOver(context),
    })),
    noteState: assign({ state: (_, params: { readonly state: string }) => params.state }),
    noteEnd: assign(({ context }, { end }: { readonly end: OrderEnd }) => ({
      end,
      state: `closed.${end}`,
      closedAt: context.end === undefined ? context.height : context.closedAt,
    })),
    noteHeight: assign(({ context, event }) => {
      if (event.type !== 'chain.height') return {};
      const over = context.request.stateful !== undefined && isOver(context, event);
      return {
        height: blockHeight(Math.max(context.height, event.height)),
        time: unixMs(Math.max(context.time, event.time ?? 0)),
        overAt: context.overAt ?? (over ? event.height : undefined),
      };
    }),
    noteReason: assign({ reason: ({ context, event }) => reasonOf(event) ?? context.reason }),
    noteSilence: assign({ reason: 'no answer in time' }),
    /** On chain a cancel that was taken proves nothing, perhaps it found nothing to cancel. */
    noteCanceled: assign(({ context }) =>
      context.request.stateful === undefined ? { ending: 'canceled', fenced: true } : {},
    ),
    noteAbsence: assign(({ context }) => ({
      overAt: context.height,
      reason: 'it never reached a block',
    })),
    forgetAbsence: assign({ overAt: undefined, queries: 0 }),
    noteWord: assign(({ context, event }) => {
      const word = wordOf(event);
      if (word === undefined) return {};
      const claimed = claimOf(context, word);
      const gone = word.status === 'canceled' || word.status === 'bestEffortCanceled';
      const isLast = context.request.stateful !== undefined && isLastWord(context, word);
      return {
        seen: context.seen || saysAlive(word),
        venueFilled: size(largest(claimed, context.venueFilled)),
        ending: gone && !saysExpired(word) ? 'canceled' : context.ending,
        overAt: context.overAt ?? (isLast ? blockHeight(context.height + 1) : undefined),
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
    noteReplacement: assign(({ context, event }) =>
      event.type === 'order.replace'
        ? { replacement: replacementOf(context.request, termsOf(event), context.filled) }
        : {},
    ),
    noteSuccessor: assign(({ event }) =>
      event.type === 'order.replace' ? { successor: termsOf(event) } : {},
    ),
    /** The venue has shown the new terms. */
    takeReplacement: assign(({ context }) => ({
      request: context.replacement ?? context.request,
      replacement: undefined,
      hasOlderTerms: true,
    })),
    /** The new terms were refused: it is what it was. */
    dropReplacement: assign({ replacement: undefined }),
    reportTerms: sendParent(({ context }) => ({
      type: 'order.terms',
      ...identity(context),
      request: widestTerms(context),
    })),
    report: sendParent(({ context }) => changed(context)),
    /** Reports the end once; a late fill may still correct it. */
    reportEnd: enqueueActions(({ context, enqueue }) => {
      const { end, filled, reason, ended, successor } = context;
      if (end === undefined || ended) return;
      enqueue.assign({ ended: true });
      enqueue.sendParent({ type: 'order.ended', ...identity(context), end, filled, reason });
      if (successor === undefined || successor.size <= filled) return;
      enqueue.sendParent({
        type: 'order.successorDue',
        ...identity(context),
        terms: successor,
        filled,
      });
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
      const { size: most } = widestTerms(context);
      if (context.filled <= most) return;
      const evidence = `expected at most ${most} filled, was ${context.filled}`;
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
