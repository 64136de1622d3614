/**
 * One approved short-term order, honest about finality: only the venue's facts move it forward,
 * fills are booked in every state once per id, and height alone ends nothing without a sweep of
 * the fills.
 *
 *   draft ─▶ submitted{sending ─▶ accepted} ─▶ working{bestEffortOpened, open, untriggered}
 *     │             │ silence                       │ order.cancel
 *     ▼ recovered   ▼                               ▼
 *   unknown{waiting ⇄ querying} ◀── silence ── pendingCancel ─▶ cancelUnconfirmed
 *     └────────── alive after all ─────────────────▲
 *
 *   live states ─ indexer height > goodTilBlock, or fills missing ─▶ sweeping ─ swept ─▶ closed
 *   live states ─ a complete fill, the venue's definitive word ───────────────────────▶ closed
 *   closed{filled, canceled, expired, rejected, denied} ─ height > goodTilBlock + 40 ─▶ retired
 *
 * 1. `unknown` is fenced by a cancel and queried; it has no transition that submits again. What
 *    turns out to be alive goes on to `pendingCancel`, because its cancel was already asked
 *    for.
 * 2. A fill that completes the order closes it from anywhere; a fill after the end is still
 *    booked.
 * 3. There is no pendingReplace: orders are not replaced.
 * 4. `fillIds` is bounded by size ÷ step; an overfill is booked, and reported as an anomaly.
 */

import type { OrderEnd } from '../src/model/order.js';
import { blockHeight, size } from '../src/model/quantities.js';
import { orderVocabulary } from './order-vocabulary.machine.js';

/** A claim of openness; for the states that may become, or are, working. */
const openings = [
  {
    guard: 'saysBestEffortOpened',
    target: '#order.working.bestEffortOpened',
    actions: ['noteWord', 'compareFills'],
  },
  { guard: 'saysOpen', target: '#order.working.open', actions: ['noteWord', 'compareFills'] },
  {
    guard: 'saysUntriggered',
    target: '#order.working.untriggered',
    actions: ['noteWord', 'compareFills'],
  },
] as const;

/** In every live state: the venue's word that it is gone, or nearly. */
const endings = [
  { guard: 'saysGoneButFillsAreMissing', target: '.sweeping', actions: 'noteWord' },
  { guard: 'saysExpired', target: '.closed.expired', actions: 'noteWord' },
  { guard: 'saysCanceled', target: '.closed.canceled', actions: 'noteWord' },
  {
    guard: 'saysBestEffortCanceled',
    target: '.cancelUnconfirmed',
    actions: ['noteWord', 'compareFills'],
  },
  { actions: ['noteWord', 'compareFills'] },
] as const;

/** In every live state: it never left us. Not believed once the venue has shown it alive. */
const notSent = [
  { guard: 'isUnseen', target: '.closed.denied', actions: 'noteReason' },
  { target: '.unknown', actions: ['noteReason', 'reportContradiction'] },
] as const;

/** Entry actions of a state: its name goes to the context, then to the parent. */
const enter = (state: string) => [{ type: 'noteState', params: { state } }, 'report'] as const;
const close = (end: OrderEnd) =>
  [{ type: 'noteEnd', params: { end } }, 'report', 'reportEnd'] as const;

export const orderMachine = orderVocabulary.createMachine({
  id: 'order',
  context: ({ input }) => ({
    request: input.request,
    recovered: input.recovered !== undefined,
    state: 'draft',
    filled: input.recovered?.filled ?? size(0n),
    fillIds: input.recovered?.fillIds ?? [],
    venueFilled: size(0n),
    seen: false,
    height: blockHeight(0),
    queries: 0,
    ending: 'expired',
    end: undefined,
    ended: false,
    reason: undefined,
  }),
  output: ({ context }) => ({
    orderId: context.request.orderId,
    end: context.end,
    filled: context.filled,
  }),
  options: { maxIterations: 1000 },
  invoke: {
    id: 'facts',
    src: 'facts',
    input: ({ context }) => ({ orderId: context.request.orderId }),
    onDone: { actions: 'reportDeafness' },
    onError: { actions: 'reportDeafness' },
  },
  initial: 'draft',
  on: {
    'venue.fill': [
      { guard: 'isDuplicateFill' },
      {
        guard: 'completesOrder',
        target: '.closed.filled',
        actions: ['bookFill', 'reportOverfill'],
      },
      { actions: ['bookFill', 'reportOverfill', 'report'] },
    ],
    'venue.order': endings,
    'query.report': endings,
    'chain.height': [
      { guard: 'isPastGoodTilBlock', target: '.sweeping', actions: 'noteHeight' },
      { actions: 'noteHeight' },
    ],
    'send.rejected': [
      { guard: 'isUntouched', target: '.closed.rejected', actions: 'noteReason' },
      { target: '.unknown', actions: ['noteReason', 'reportContradiction'] },
    ],
    'order.denied': notSent,
    'send.unsent': notSent,
  },
  states: {
    draft: {
      always: [
        { guard: 'isComplete', target: 'closed.filled' },
        { guard: 'isRecovered', target: 'unknown' },
        { target: 'submitted' },
      ],
    },
    submitted: {
      tags: 'live',
      entry: 'place',
      initial: 'sending',
      on: {
        'order.cancel': 'pendingCancel',
        'send.unknown': { target: 'unknown', actions: 'noteReason' },
        'venue.order': openings,
        'query.report': openings,
      },
      states: {
        sending: {
          entry: enter('submitted.sending'),
          after: { ackTimeout: { target: '#order.unknown', actions: 'noteSilence' } },
          on: { 'send.accepted': 'accepted' },
        },
        accepted: {
          entry: enter('submitted.accepted'),
          after: { openTimeout: { target: '#order.unknown', actions: 'noteSilence' } },
        },
      },
    },
    working: {
      tags: 'live',
      initial: 'bestEffortOpened',
      on: { 'order.cancel': 'pendingCancel' },
      states: {
        bestEffortOpened: {
          entry: enter('working.bestEffortOpened'),
          on: {
            'venue.order': [openings[1], openings[2]],
            'query.report': [openings[1], openings[2]],
          },
        },
        open: { entry: enter('working.open') },
        untriggered: {
          entry: enter('working.untriggered'),
          on: { 'venue.order': [openings[1]], 'query.report': [openings[1]] },
        },
      },
    },
    pendingCancel: {
      tags: 'live',
      entry: ['sendCancel', ...enter('pendingCancel')],
      after: { cancelTimeout: { target: 'unknown', actions: 'noteSilence' } },
      on: {
        'cancel.accepted': { target: 'cancelUnconfirmed' },
        'cancel.rejected': { target: 'unknown', actions: 'noteReason' },
        'cancel.unknown': { target: 'unknown', actions: 'noteReason' },
      },
    },
    /** A cancel is advisory: any proposer may still match the order until its last block. */
    cancelUnconfirmed: {
      tags: ['live', 'ambiguous'],
      entry: ['noteCanceled', ...enter('cancelUnconfirmed')],
      on: {
        'venue.order': { guard: 'saysBestEffortCanceled', actions: ['noteWord', 'compareFills'] },
        'query.report': { guard: 'saysBestEffortCanceled', actions: ['noteWord', 'compareFills'] },
      },
    },
    /** We do not know whether the venue has it: full exposure until proven otherwise. */
    unknown: {
      tags: ['live', 'ambiguous'],
      entry: 'sendCancel',
      initial: 'waiting',
      on: {
        'venue.order': {
          guard: 'saysAlive',
          target: 'pendingCancel',
          actions: ['noteWord', 'compareFills'],
        },
        'query.report': {
          guard: 'saysAlive',
          target: 'pendingCancel',
          actions: ['noteWord', 'compareFills'],
        },
        'cancel.accepted': { actions: 'noteCanceled' },
      },
      states: {
        waiting: {
          entry: enter('unknown.waiting'),
          after: { queryBackoff: 'querying' },
        },
        querying: {
          entry: ['countQuery', 'query', ...enter('unknown.querying')],
          after: { queryTimeout: 'waiting' },
          on: {
            'query.notFound': 'waiting',
            'query.failed': { target: 'waiting', actions: 'noteReason' },
          },
        },
      },
    },
    /** The last block is over, or fills are missing: asks until all fills have been read. */
    sweeping: {
      tags: ['live', 'ambiguous'],
      entry: ['askForSweep', ...enter('sweeping')],
      after: { sweepRetry: { target: 'sweeping', reenter: true } },
      on: {
        'chain.height': { actions: 'noteHeight' },
        'venue.order': { actions: 'noteWord' },
        'query.report': { actions: 'noteWord' },
        'sweep.completed': [
          { guard: 'isSweptAfterCancel', target: 'closed.canceled', actions: 'reportMissingFills' },
          { guard: 'isSwept', target: 'closed.expired', actions: 'reportMissingFills' },
        ],
      },
    },
    closed: {
      tags: 'terminal',
      initial: 'canceled',
      on: {
        'venue.fill': [
          { guard: 'isDuplicateFill' },
          {
            guard: 'completesOrder',
            target: '.filled',
            actions: ['bookFill', 'reportOverfill', 'reportLateFill'],
          },
          { actions: ['bookFill', 'reportOverfill', 'reportLateFill', 'report'] },
        ],
        'venue.order': [{ guard: 'claimsMore', actions: ['noteWord', 'askForSweep'] }, {}],
        'query.report': [{ guard: 'claimsMore', actions: ['noteWord', 'askForSweep'] }, {}],
        'chain.height': [{ guard: 'isRetirable', target: 'retired' }, { actions: 'noteHeight' }],
        'send.rejected': {},
        'send.unsent': {},
        'order.denied': {},
      },
      states: {
        filled: { entry: close('filled') },
        canceled: { entry: close('canceled') },
        expired: { entry: close('expired') },
        rejected: { entry: close('rejected') },
        denied: {
          entry: close('denied'),
          on: {
            'venue.order': {
              guard: 'saysAlive',
              actions: ['noteWord', 'reportContradiction', 'sendCancel'],
            },
          },
        },
      },
    },
    retired: { type: 'final' },
  },
});
