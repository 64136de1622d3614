/**
 * One approved order, honest about finality: only the venue's facts move it forward, fills are
 * booked in every state once per id, and neither height nor time ends anything without a sweep of
 * the fills. Short-term, long-term and conditional orders share the chart, drawn in `README.md`.
 *
 *   draft ─▶ submitted{sending ─▶ accepted} ─▶ working{bestEffortOpened, open, untriggered}
 *     │             │ silence              pendingReplace ◀──▶ │ order.cancel
 *     ▼ recovered   ▼                            │ silence     ▼
 *   unknown{waiting ⇄ querying} ◀── silence ─────┴── pendingCancel ─▶ cancelUnconfirmed
 *     └────────── alive after all ─────────────────────▲
 *
 *   live states ─ over by the indexer's clock, or fills missing ─▶ sweeping ─ swept ─▶ closed
 *   live states ─ a complete fill, the venue's definitive word ──────────────────────▶ closed
 *   closed{filled, canceled, expired, rejected, denied} ─ forty blocks later ─▶ retired
 *
 * 1. `unknown` is fenced by a cancel and queried; it has no transition that submits again. What
 *    turns out to be alive goes on to `pendingCancel`, because its cancel was already asked for.
 * 2. A fill that completes the order closes it from anywhere; a fill after the end is still booked.
 * 3. A replacement keeps the id. Until the venue shows the new terms, or refuses them, either may
 *    be alive: the larger size counts, and only the later good-til-block ends it. What the chain
 *    does not replace is canceled, and its rest reported once it is proved dead.
 * 4. Of a stateful order a node's word is a hint: only the chain ends it, or the time of its end.
 *    One that was never seen is dead when no block can take it any more and nobody finds it then.
 * 5. `fillIds` is bounded by size ÷ step; an overfill is booked, and reported as an anomaly.
 */

import type { OrderEnd } from '../src/model/order.js';
import { initialContext } from './order-context.js';
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
  { guard: 'saysGoneButFillsAreMissing', target: '#order.sweeping', actions: 'noteWord' },
  { guard: 'saysFilled', target: '#order.closed.filled', actions: 'noteWord' },
  { guard: 'saysCanceledWithoutProof', target: '#order.sweeping', actions: 'noteWord' },
  { guard: 'saysExpired', target: '#order.closed.expired', actions: 'noteWord' },
  { guard: 'saysCanceled', target: '#order.closed.canceled', actions: 'noteWord' },
  {
    guard: 'saysBestEffortCanceled',
    target: '#order.cancelUnconfirmed',
    actions: ['noteWord', 'compareFills'],
  },
  { actions: ['noteWord', 'compareFills'] },
] as const;

/** In every live state: it never left us. Not believed once the venue has shown it alive. */
const notSent = [
  { guard: 'isUnseen', target: '#order.closed.denied', actions: 'noteReason' },
  { target: '#order.unknown', actions: ['noteReason', 'reportContradiction'] },
] as const;

/** In working states: a node has dropped it, which proves nothing of an order on chain. */
const hint = { guard: 'isHint', actions: ['noteWord', 'compareFills', 'query'] } as const;

/** In unknown: it is there, and its cancel was asked for. */
const aliveAfterAll = {
  guard: 'saysAlive',
  target: '#order.pendingCancel',
  actions: ['noteWord', 'compareFills'],
} as const;

/** While a replacement is under way: shown, or made doubtful, by what the venue says. */
const replacing = [
  {
    guard: 'saysReplacementOpened',
    target: '#order.working.bestEffortOpened',
    actions: ['noteWord', 'takeReplacement', 'reportTerms', 'compareFills'],
  },
  {
    guard: 'saysReplacementOpen',
    target: '#order.working.open',
    actions: ['noteWord', 'takeReplacement', 'reportTerms', 'compareFills'],
  },
  { guard: 'saysGone', target: '#order.unknown', actions: ['noteWord', 'compareFills'] },
  { actions: ['noteWord', 'compareFills'] },
] as const;

/** The new terms certainly never came to be: it stands as it stood. */
const notReplaced = {
  guard: 'answersReplacement',
  target: '#order.working.asBefore',
  actions: ['noteReason', 'dropReplacement', 'reportTerms'],
} as const;

/** Entry actions of a state: its name goes to the context, then to the parent. */
const enter = (state: string) => [{ type: 'noteState', params: { state } }, 'report'] as const;
const close = (end: OrderEnd) =>
  [{ type: 'noteEnd', params: { end } }, 'report', 'reportEnd'] as const;

export const orderMachine = orderVocabulary.createMachine({
  id: 'order',
  context: ({ input }) => initialContext(input),
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
      { guard: 'isOver', target: '.sweeping', actions: 'noteHeight' },
      { actions: 'noteHeight' },
    ],
    'send.rejected': [
      { guard: 'isUntouched', target: '.closed.rejected', actions: 'noteReason' },
      { target: '.unknown', actions: ['noteReason', 'reportContradiction'] },
    ],
    'send.unsent': notSent,
    // What comes too late to change anything, or in a state that has its own way of finding out.
    'send.accepted': {},
    'send.unknown': {},
    'order.cancel': {},
    'order.replace': {},
    'cancel.accepted': {},
    'cancel.rejected': {},
    'cancel.unknown': {},
    'replace.accepted': {},
    'replace.rejected': {},
    'replace.unknown': {},
    'replace.unsent': {},
    'query.notFound': {},
    'query.failed': {},
    'sweep.completed': {},
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
      // Confirmed terms may be smaller than what older ones have filled in the meantime.
      always: { guard: 'isComplete', target: 'closed.filled' },
      on: {
        'order.cancel': 'pendingCancel',
        'order.replace': [
          { guard: 'mayReplaceInPlace', target: 'pendingReplace', actions: 'noteReplacement' },
          { guard: 'leavesNothing', target: 'pendingCancel' },
          { target: 'pendingCancel', actions: 'noteSuccessor' },
        ],
        'venue.order': hint,
        'query.report': hint,
      },
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
        asBefore: { type: 'history' },
      },
    },
    /** The same id with new terms: until the venue shows which, either set may be alive. */
    pendingReplace: {
      tags: 'live',
      entry: ['sendReplacement', 'reportTerms'],
      initial: 'sending',
      on: {
        'order.cancel': 'pendingCancel',
        'replace.rejected': notReplaced,
        'replace.unsent': notReplaced,
        'replace.unknown': {
          guard: 'answersReplacement',
          target: 'unknown',
          actions: 'noteReason',
        },
        'venue.order': replacing,
      },
      states: {
        sending: {
          entry: enter('pendingReplace.sending'),
          after: { ackTimeout: { target: '#order.unknown', actions: 'noteSilence' } },
          on: { 'replace.accepted': { guard: 'answersReplacement', target: 'accepted' } },
        },
        accepted: {
          entry: enter('pendingReplace.accepted'),
          after: { openTimeout: { target: '#order.unknown', actions: 'noteSilence' } },
        },
      },
    },
    pendingCancel: {
      tags: 'live',
      entry: ['sendCancel', ...enter('pendingCancel')],
      after: { cancelTimeout: { target: 'unknown', actions: 'noteSilence' } },
      on: {
        'cancel.accepted': 'cancelUnconfirmed',
        'cancel.rejected': { target: 'unknown', actions: 'noteReason' },
        'cancel.unknown': { target: 'unknown', actions: 'noteReason' },
      },
    },
    /** A cancel is advisory: any proposer may still match the order until its last block. */
    cancelUnconfirmed: {
      tags: ['live', 'ambiguous'],
      entry: ['noteCanceled', ...enter('cancelUnconfirmed')],
      // On chain it is final, but not before a block contains it: ask rather than wait.
      after: { cancelTimeout: { guard: 'isStateful', target: 'unknown' } },
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
        'venue.order': aliveAfterAll,
        'query.report': aliveAfterAll,
        'cancel.accepted': { actions: 'noteCanceled' },
      },
      states: {
        waiting: {
          entry: enter('unknown.waiting'),
          after: { queryBackoff: 'querying' },
        },
        querying: {
          entry: ['countQuery', 'fenceAgain', 'query', ...enter('unknown.querying')],
          after: { queryTimeout: 'waiting' },
          on: {
            'query.notFound': [
              { guard: 'isProvedAbsent', target: '#order.sweeping', actions: 'noteAbsence' },
              { target: 'waiting' },
            ],
            'query.failed': { target: 'waiting', actions: 'noteReason' },
          },
        },
      },
    },
    /** Its time is over, or fills are missing: asks until all fills have been read. */
    sweeping: {
      tags: ['live', 'ambiguous'],
      entry: ['askForSweep', ...enter('sweeping')],
      after: { sweepRetry: { target: 'sweeping', reenter: true } },
      on: {
        'chain.height': { actions: 'noteHeight' },
        'venue.order': [
          {
            guard: 'reappears',
            target: 'unknown',
            actions: ['noteWord', 'forgetAbsence', 'reportContradiction'],
          },
          { actions: 'noteWord' },
        ],
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
      },
      states: {
        filled: { entry: close('filled') },
        canceled: { entry: close('canceled') },
        expired: { entry: close('expired'), on: { 'venue.order': unexpectedly('reappears') } },
        rejected: {
          entry: close('rejected'),
          on: { 'venue.order': [{ guard: 'isAnnouncement' }, unexpectedly('saysAlive')] },
        },
        denied: { entry: close('denied'), on: { 'venue.order': unexpectedly('saysAlive') } },
      },
    },
    retired: { type: 'final' },
  },
});

/** Alive although it was over for us: canceled at once, and told. */
function unexpectedly<TGuard extends 'reappears' | 'saysAlive'>(guard: TGuard) {
  return { guard, actions: ['noteWord', 'reportContradiction', 'sendCancel'] } as const;
}
