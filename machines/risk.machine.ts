/**
 * Whether we may: the level of restriction that follows from the open causes.
 *
 *            breach               breach(halt), operator.halt      operator.flatten
 *   active ─────────▶ reducing ─────────────────────────────▶ halted ──────────────────▶ flattening
 *     ▲                │    ▲                                  │       (from every level)
 *     └─ recoverAfter ─┘    └────── recoverAfter, no halt ─────┘
 *   every level ─ operator.resume: latched causes removed ─▶ the level of what is left
 *
 * 1. Code tightens at once, and loosens one level at a time, after `recoverAfter` without the
 *    cause. A named operator's resume is not delayed.
 * 2. A cause only escalates while it is open. A latched one goes only by `operator.resume`; the
 *    latches of earlier runs come back by `risk.restore`, so a restart clears none, and goes on
 *    flattening.
 * 3. `mayOpen` is true in `active` alone; `mayReduce` in every level: a reduce-only exit adds
 *    no risk.
 */
import { assign, emit, enqueueActions, setup } from 'xstate';
import type { RiskFact, RiskReport } from '../src/model/facts.js';
import type { Breach, RiskCause, RiskLevel } from '../src/model/risk.js';
import { unixMs } from '../src/model/quantities.js';
import { unprovidedEvents } from './unprovided.machine.js';

export interface RiskInput {
  /** Latches of earlier runs that are known already. */
  readonly latched: readonly Breach[];
  /** 1 to 86 400 000. */
  readonly recoverAfterMs: number;
}

export interface RiskContext {
  readonly recoverAfterMs: number;
  readonly breaches: Readonly<Partial<Record<RiskCause, Breach>>>;
}

export type RiskEvent =
  | RiskFact
  | { readonly type: 'risk.restore'; readonly latched: readonly Breach[] };

const breachesOf = (context: RiskContext): readonly Breach[] => Object.values(context.breaches);

const worst = (context: RiskContext): RiskLevel => {
  const breaches = breachesOf(context);
  if (breaches.some(({ severity }) => severity === 'halt')) return 'halted';
  return breaches.length > 0 ? 'reducing' : 'active';
};

/** The newest evidence with the harsher severity; what is latched and what flattens stay so. */
function merged(context: RiskContext, breach: Breach): Pick<RiskContext, 'breaches'> {
  const old = context.breaches[breach.cause];
  const severity = old?.severity === 'halt' ? 'halt' : breach.severity;
  const latched = breach.latched || (old?.latched ?? false);
  const flatten = old?.flatten === true ? { flatten: true as const } : {};
  const next = { ...breach, severity, latched, ...flatten };
  return { breaches: { ...context.breaches, [breach.cause]: next } };
}

const without = (context: RiskContext, isGone: (breach: Breach) => boolean) => ({
  breaches: Object.fromEntries(
    breachesOf(context)
      .filter((breach) => !isGone(breach))
      .map((breach) => [breach.cause, breach]),
  ),
});

/** The breach that an event brings: a cause's own, or the operator's. */
function breachOf(event: RiskEvent): Breach | undefined {
  if (event.type === 'risk.breach') return event.breach;
  if (event.type !== 'operator.halt' && event.type !== 'operator.flatten') return undefined;
  const wish = event.type === 'operator.halt' ? event.reason : `flatten, ${event.reason}`;
  const evidence = `${event.by}: ${wish}`;
  const flatten = event.type === 'operator.flatten' ? { flatten: true as const } : {};
  const { at } = event;
  return { cause: 'operator', severity: 'halt', latched: true, evidence, at, ...flatten };
}

export const riskMachine = setup({
  types: {
    context: {} as RiskContext,
    events: {} as RiskEvent,
    input: {} as RiskInput,
    emitted: {} as RiskReport,
    tags: {} as 'mayOpen' | 'mayReduce',
  },
  actors: { facts: unprovidedEvents<RiskFact>('risk.facts') },
  delays: { recoverAfter: ({ context }) => Math.min(86_400_000, context.recoverAfterMs) },
  guards: {
    shouldFlatten: ({ context }) => breachesOf(context).some(({ flatten }) => flatten === true),
    shouldHalt: ({ context }) => worst(context) === 'halted',
    shouldReduce: ({ context }) => worst(context) === 'reducing',
    isClear: ({ context }) => worst(context) === 'active',
    isNoLongerHalt: ({ context }) => worst(context) !== 'halted',
    isNamed: ({ event }) => 'by' in event && event.by.trim() !== '',
  },
  actions: {
    addBreach: enqueueActions(({ context, event, enqueue }) => {
      const breach = breachOf(event);
      if (breach === undefined) return;
      const next = merged(context, breach);
      enqueue.assign(next);
      const stored = next.breaches[breach.cause];
      const old = context.breaches[breach.cause];
      const isNews = old?.latched !== true || old.flatten !== stored?.flatten;
      if (stored?.latched === true && isNews) {
        enqueue.emit({ type: 'risk.latched', breach: stored });
      }
    }),
    restore: assign(({ context, event }) => {
      if (event.type !== 'risk.restore') return {};
      let { breaches } = context;
      for (const breach of event.latched) {
        ({ breaches } = merged({ ...context, breaches }, { ...breach, latched: true }));
      }
      return { breaches };
    }),
    clear: assign(({ context, event }) =>
      event.type === 'risk.clear'
        ? without(context, ({ cause, latched }) => cause === event.cause && !latched)
        : {},
    ),
    clearLatched: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'operator.resume') return;
      enqueue.assign(without(context, ({ latched }) => latched));
      for (const { cause, latched } of breachesOf(context)) {
        if (latched) enqueue.emit({ type: 'risk.cleared', cause, by: event.by });
      }
    }),
    haltForDeafness: assign(({ context, event }) => {
      const evidence = `the stream of risk facts ended: ${event.type}`;
      const at = unixMs(0); // The machine has no clock, and no fact came with a stamp.
      const cause = 'facts.ended';
      return merged(context, { cause, severity: 'halt', latched: false, evidence, at });
    }),
    reportLevel: emit(({ context }, { level }: { readonly level: RiskLevel }) => ({
      type: 'risk.level',
      level,
      causes: breachesOf(context).map(({ cause }) => cause),
    })),
    reportFlatten: emit(({ context }) => ({
      type: 'risk.flatten',
      evidence: context.breaches.operator?.evidence ?? '',
    })),
  },
}).createMachine({
  id: 'risk',
  context: ({ input }) => ({
    recoverAfterMs: input.recoverAfterMs,
    breaches: Object.fromEntries(input.latched.map((breach) => [breach.cause, breach])),
  }),
  options: { maxIterations: 1000 },
  invoke: {
    id: 'facts',
    src: 'facts',
    onDone: { actions: 'haltForDeafness' },
    onError: { actions: 'haltForDeafness' },
  },
  initial: 'deriving',
  on: {
    'risk.breach': { actions: 'addBreach' },
    'risk.clear': { actions: 'clear' },
    'risk.restore': { actions: 'restore' },
    'operator.halt': { guard: 'isNamed', actions: 'addBreach' },
    'operator.flatten': { guard: 'isNamed', target: '.flattening', actions: 'addBreach' },
    'operator.resume': { guard: 'isNamed', target: '.deriving', actions: 'clearLatched' },
  },
  states: {
    deriving: {
      always: [
        { guard: 'shouldFlatten', target: 'flattening' },
        { guard: 'shouldHalt', target: 'halted' },
        { guard: 'shouldReduce', target: 'reducing' },
        { target: 'active' },
      ],
    },
    active: {
      tags: ['mayOpen', 'mayReduce'],
      entry: { type: 'reportLevel', params: { level: 'active' } },
      always: [
        { guard: 'shouldFlatten', target: 'flattening' },
        { guard: 'shouldHalt', target: 'halted' },
        { guard: 'shouldReduce', target: 'reducing' },
      ],
    },
    reducing: {
      tags: 'mayReduce',
      entry: { type: 'reportLevel', params: { level: 'reducing' } },
      always: [
        { guard: 'shouldFlatten', target: 'flattening' },
        { guard: 'shouldHalt', target: 'halted' },
      ],
      initial: 'breached',
      states: {
        breached: { always: { guard: 'isClear', target: 'recovering' } },
        recovering: {
          always: { guard: 'shouldReduce', target: 'breached' },
          after: { recoverAfter: '#risk.active' },
        },
      },
    },
    halted: {
      tags: 'mayReduce',
      entry: { type: 'reportLevel', params: { level: 'halted' } },
      always: { guard: 'shouldFlatten', target: 'flattening' },
      initial: 'breached',
      states: {
        breached: { always: { guard: 'isNoLongerHalt', target: 'recovering' } },
        recovering: {
          always: { guard: 'shouldHalt', target: 'breached' },
          after: { recoverAfter: '#risk.reducing' },
        },
      },
    },
    /** Halted, and every position is being left; the operator's latch holds it here. */
    flattening: {
      tags: 'mayReduce',
      entry: [{ type: 'reportLevel', params: { level: 'halted' } }, 'reportFlatten'],
    },
  },
});
