/**
 * One socket, kept alive: it owns the wanted subscriptions, so that every reconnect restores them
 * all.
 *
 *            open                        backoff, reset
 *   idle ───────────▶ session ◀─────────────────────────── backingOff
 *    ▲      ┌────────────────────────────────────┐             ▲
 *    │      │ connecting ▶ handshaking ▶         │ closed,     │
 *    │      │ subscribing ─complete─▶ live       │ timed out,  │
 *    │      │   live: fresh ⇄ stale              │ refused     │
 *    │      │         fresh ⇄ resyncing ⇄ stale  ├─────────────┘
 *    │      │                                    │ fatal
 *    └──────┤ draining ◀─close─ (any of these)   ├───────▶ failed ──reset──▶ session
 *           └────────────────────────────────────┘
 *
 * 1. The `socket` actor exists if and only if the machine is in its session. It reports facts and
 *    obeys the emitted orders `session.want` and `session.renew`. When the machine gives a session
 *    up by itself, the last order is `session.blame`: the address has failed.
 * 2. `live` derives its state from two facts: are all wanted subscriptions confirmed, is the feed
 *    heard. A market that the venue refuses does not count as missing; anything else that is
 *    refused does.
 * 3. Every `feed.up` has one `feed.down` of the same epoch.
 * 4. Only a fatal close fails; everything else is retried for ever, and the backoff starts afresh
 *    only after a stable minute.
 */
import { and, assign, emit, enqueueActions, not, setup, stateIn } from 'xstate';
import { isMarketChannel, type SessionInput, type SocketFact } from '../src/model/connection.js';
import { subscriptionKey, type Subscription } from '../src/model/events.js';
import {
  CONNECTION_TIMING,
  backoffMs,
  missingKeys,
  spacingMs,
  without,
  type ConnectionContext,
  type ConnectionEmitted,
  type ConnectionEvent,
  type ConnectionInput,
} from './connection-context.js';
import { unprovidedEvents } from './unprovided.machine.js';

const RATE_LIMITED = 1008;

/** The machine tells itself that it leaves, once the session has heard why. */
export interface GivenUp {
  readonly type: 'connection.givenUp';
  readonly reason: string;
}

const including = (keys: readonly string[], key: string): readonly string[] =>
  keys.includes(key) ? keys : [...keys, key];

const connectionSetup = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent | GivenUp,
    input: {} as ConnectionInput,
    emitted: {} as ConnectionEmitted,
    tags: {} as 'usable' | 'connected' | 'down',
  },
  actors: { socket: unprovidedEvents<SocketFact, SessionInput>('socket') },
  delays: {
    handshakeTimeout: ({ context }) => context.timing.handshakeMs,
    subscribeTimeout: ({ context }) => context.timing.subscribeMs + spacingMs(context),
    resyncTimeout: ({ context }) => context.timing.resyncMs + spacingMs(context),
    staleTimeout: ({ context }) => context.timing.staleMs,
    stableAfter: ({ context }) => context.timing.stableMs,
    drainTimeout: ({ context }) => context.timing.drainMs,
    backoff: ({ context }) => backoffMs(context),
  },
  guards: {
    isComplete: ({ context }) => missingKeys(context).length === 0,
    isSilent: ({ context }) => context.silent,
    isDrained: ({ context }) => context.confirmed.length === 0,
    isDraining: stateIn({ session: 'draining' }),
    isFatal: (_, { fatal }: { readonly fatal: boolean }) => fatal,
    isMarketData: ({ context }, { key }: { readonly key: string }) =>
      context.wanted.every((one) => subscriptionKey(one) !== key || isMarketChannel(one.channel)),
  },
  actions: {
    beginEpoch: assign(({ context }) => ({
      epoch: context.epoch + 1,
      attempts: context.attempts + 1,
      confirmed: [],
      refused: [],
      silent: false,
      rateLimited: false,
    })),
    resetAttempts: assign({ attempts: 0 }),
    note: assign((_, { reason }: { readonly reason: string }) => ({ lastError: reason })),
    noteClose: assign((_, close: { readonly code: number; readonly reason: string }) => ({
      lastError: `${close.code} ${close.reason}`.trim(),
      rateLimited: close.code === RATE_LIMITED,
    })),
    want: assign(({ context }, params: { readonly subscriptions: readonly Subscription[] }) => {
      const keys = new Set(params.subscriptions.map(subscriptionKey));
      return {
        wanted: params.subscriptions,
        confirmed: context.confirmed.filter((key) => keys.has(key)),
        refused: context.refused.filter((key) => keys.has(key)),
      };
    }),
    confirm: assign(({ context }, { key }: { readonly key: string }) => ({
      confirmed: including(context.confirmed, key),
      refused: without(context.refused, [key]),
    })),
    release: assign(({ context }, { keys }: { readonly keys: readonly string[] }) => ({
      confirmed: without(context.confirmed, keys),
    })),
    refuse: assign(({ context }, { key }: { readonly key: string }) => ({
      confirmed: without(context.confirmed, [key]),
      refused: including(context.refused, key),
    })),
    markSilent: assign({ silent: true }),
    markHeard: assign({ silent: false }),
    orderWanted: emit(({ context }) => ({ type: 'session.want', subscriptions: context.wanted })),
    orderNothing: emit({ type: 'session.want', subscriptions: [] }),
    giveUp: enqueueActions(({ enqueue }, { reason }: { readonly reason: string }) => {
      enqueue.emit({ type: 'session.blame', reason });
      enqueue.raise({ type: 'connection.givenUp', reason });
    }),
    orderRenewal: emit((_, { keys }: { readonly keys: readonly string[] }) => ({
      type: 'session.renew' as const,
      keys,
    })),
    announceUp: emit(({ context: { name, epoch } }) => ({ type: 'feed.up', name, epoch })),
    announceDown: emit(({ context: { name, epoch } }) => ({ type: 'feed.down', name, epoch })),
    announceRefusal: emit(
      ({ context }, refusal: { readonly key: string; readonly message: string }) => ({
        type: 'feed.refused' as const,
        name: context.name,
        ...refusal,
      }),
    ),
  },
}).extend({
  guards: {
    isMissing: not('isComplete'),
    isHeard: not('isSilent'),
    isCompleteButSilent: and(['isComplete', 'isSilent']),
  },
});

/** From the venue's greeting on. */
const connected = connectionSetup.createStateConfig({
  tags: 'connected',
  on: {
    'connection.want': {
      actions: [
        { type: 'want', params: ({ event }) => ({ subscriptions: event.subscriptions }) },
        'orderWanted',
      ],
    },
    'connection.refresh': {
      actions: { type: 'orderRenewal', params: ({ event }) => ({ keys: event.keys }) },
    },
    'feed.gap': {
      actions: [
        { type: 'release', params: ({ event }) => ({ keys: event.keys }) },
        { type: 'orderRenewal', params: ({ event }) => ({ keys: event.keys }) },
      ],
    },
  },
});

const live = connectionSetup.createStateConfig({
  ...connected,
  initial: 'fresh',
  after: { stableAfter: { actions: 'resetAttempts' } },
  states: {
    fresh: {
      tags: 'usable',
      entry: 'announceUp',
      exit: 'announceDown',
      always: [
        { guard: 'isMissing', target: 'resyncing' },
        { guard: 'isSilent', target: 'stale' },
      ],
    },
    stale: {
      always: [
        { guard: 'isMissing', target: 'resyncing' },
        { guard: 'isHeard', target: 'fresh' },
      ],
      after: {
        staleTimeout: { actions: { type: 'giveUp', params: { reason: 'the feed stood still' } } },
      },
    },
    resyncing: {
      always: [
        { guard: 'isCompleteButSilent', target: 'stale' },
        { guard: 'isComplete', target: 'fresh' },
      ],
      after: {
        resyncTimeout: {
          actions: { type: 'giveUp', params: { reason: 'the resync took too long' } },
        },
      },
    },
  },
});

const session = connectionSetup.createStateConfig({
  entry: 'beginEpoch',
  invoke: {
    id: 'socket',
    src: 'socket',
    input: ({ context: { name, url, epoch }, self }) => ({ name, url, epoch, connection: self }),
    onDone: [
      { guard: 'isDraining', target: 'idle' },
      {
        target: 'backingOff',
        actions: { type: 'note', params: { reason: 'the session ended without a close' } },
      },
    ],
    onError: [
      { guard: 'isDraining', target: 'idle' },
      {
        target: 'backingOff',
        actions: { type: 'note', params: ({ event }) => ({ reason: String(event.error) }) },
      },
    ],
  },
  initial: 'connecting',
  on: {
    'connection.close': { target: '.draining' },
    'socket.closed': [
      { guard: 'isDraining', target: 'idle' },
      {
        guard: { type: 'isFatal', params: ({ event }) => ({ fatal: event.fatal }) },
        target: 'failed',
        actions: { type: 'noteClose', params: ({ event }) => event },
      },
      {
        target: 'backingOff',
        actions: { type: 'noteClose', params: ({ event }) => event },
      },
    ],
    'socket.subscribed': {
      actions: { type: 'confirm', params: ({ event }) => ({ key: event.key }) },
    },
    'socket.unsubscribed': {
      actions: { type: 'release', params: ({ event }) => ({ keys: [event.key] }) },
    },
    'subscribe.failed': [
      {
        guard: { type: 'isMarketData', params: ({ event }) => ({ key: event.key }) },
        actions: [
          { type: 'refuse', params: ({ event }) => ({ key: event.key }) },
          {
            type: 'announceRefusal',
            params: ({ event: { key, message } }) => ({ key, message }),
          },
        ],
      },
      {
        actions: {
          type: 'giveUp',
          params: ({ event }) => ({ reason: `${event.key} refused: ${event.message}` }),
        },
      },
    ],
    'connection.givenUp': {
      target: 'backingOff',
      actions: { type: 'note', params: ({ event }) => ({ reason: event.reason }) },
    },
    'feed.stale': { actions: 'markSilent' },
    'feed.fresh': { actions: 'markHeard' },
  },
  states: {
    connecting: {
      on: { 'socket.opened': { target: 'handshaking' } },
      after: {
        handshakeTimeout: {
          actions: { type: 'giveUp', params: { reason: 'the socket did not open in time' } },
        },
      },
    },
    handshaking: {
      on: { 'socket.welcomed': { target: 'subscribing' } },
      after: {
        handshakeTimeout: {
          actions: { type: 'giveUp', params: { reason: 'no greeting in time' } },
        },
      },
    },
    subscribing: {
      ...connected,
      entry: 'orderWanted',
      always: [
        { guard: 'isCompleteButSilent', target: 'live.stale' },
        { guard: 'isComplete', target: 'live' },
      ],
      after: {
        subscribeTimeout: {
          actions: { type: 'giveUp', params: { reason: 'the subscribing took too long' } },
        },
      },
    },
    live,
    /** Still in the session, so that the socket lives long enough to unsubscribe. */
    draining: {
      tags: 'down',
      entry: 'orderNothing',
      on: {
        'connection.open': { target: '#connection.session', reenter: true },
        'connection.close': {},
        'subscribe.failed': {},
      },
      always: { guard: 'isDrained', target: '#connection.idle' },
      after: { drainTimeout: { target: '#connection.idle' } },
    },
  },
});

export const connectionMachine = connectionSetup.createMachine({
  id: 'connection',
  context: ({ input }) => ({
    name: input.name,
    url: input.url,
    jitter: input.jitter,
    timing: { ...CONNECTION_TIMING, ...input.timing },
    wanted: input.wanted,
    confirmed: [],
    refused: [],
    silent: false,
    epoch: 0,
    attempts: 0,
    rateLimited: false,
    lastError: null,
  }),
  options: { maxIterations: 1000 },
  initial: 'idle',
  on: {
    'connection.want': {
      actions: { type: 'want', params: ({ event }) => ({ subscriptions: event.subscriptions }) },
    },
  },
  states: {
    idle: {
      tags: 'down',
      on: { 'connection.open': { target: 'session', actions: 'resetAttempts' } },
    },
    session,
    backingOff: {
      tags: 'down',
      after: { backoff: { target: 'session' } },
      on: {
        'connection.close': { target: 'idle' },
        'connection.reset': { target: 'session', actions: 'resetAttempts' },
      },
    },
    failed: {
      tags: 'down',
      on: {
        'connection.close': { target: 'idle' },
        'connection.reset': { target: 'session', actions: 'resetAttempts' },
      },
    },
  },
});
