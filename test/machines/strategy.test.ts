/** One strategy: when it enters, when it leaves, and what it never does. */
import { EMPTY, from, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { createActor, fromEventObservable, SimulatedClock, type SnapshotFrom } from 'xstate';
import { positionMachine } from '../../machines/position.machine.js';
import { strategyMachine, type RestoredPosition } from '../../machines/strategy.machine.js';
import type { Side } from '../../src/model/book.js';
import type { PositionFact, StrategyFact, StrategyReport } from '../../src/model/facts.js';
import type { Wish } from '../../src/model/order.js';
import { signedSize, size, type MarketId } from '../../src/model/quantities.js';
import { BTC, decisionOf, ETH, GONE, holdOf, SOL, TIMINGS } from './decisions.js';
import { explore, type Fact } from './explore.js';
import { silence } from './host.js';

type PositionKey = { readonly strategy: string; readonly market: MarketId };
type StrategyKey = { readonly strategy: string };
type StrategySnapshot = SnapshotFrom<typeof strategyMachine>;

const quiet = positionMachine.provide({ actors: { facts: silence<PositionFact, PositionKey>() } });
const inputOf = (restored: readonly RestoredPosition[], paused = false) => ({
  name: 'sniper',
  epoch: 1,
  maxPositions: 2,
  timings: TIMINGS,
  restored,
  paused,
});

function start(
  restored: Parameters<typeof inputOf>[0] = [],
  { position = quiet, facts = silence<StrategyFact, StrategyKey>(), paused = false } = {},
) {
  const clock = new SimulatedClock();
  const machine = strategyMachine.provide({ actors: { facts, position } });
  const actor = createActor(machine, { clock, input: inputOf(restored, paused) });
  const reports: StrategyReport[] = [];
  actor.on('*', (report) => reports.push(report));
  actor.start();
  const children = () =>
    actor.getSnapshot().children as Record<
      string,
      {
        send: (fact: PositionFact) => void;
        getSnapshot: () => SnapshotFrom<typeof positionMachine>;
      }
    >;
  const positionIn = (market: MarketId) => children()[`position.${market}`];
  const wishes = () =>
    reports.flatMap((report): Wish[] => (report.type === 'order.wish' ? [report.wish] : []));
  return {
    actor,
    reports,
    wishes,
    positionOf: positionIn,
    wait: (ms: number) => clock.increment(ms),
    warm: () => actor.send({ type: 'strategy.warm' }),
    enter: (market: MarketId, side: Side = 'buy') =>
      actor.send({ type: 'verdict', verdict: decisionOf(market, side) }),
    hold: (market: MarketId, leave: readonly Side[], reasons = [GONE]) =>
      actor.send({ type: 'verdict', verdict: holdOf(market, leave, reasons) }),
    /** The newest wish of this market fills whole. */
    fill: (market: MarketId, units: bigint) => {
      const wish = wishes().findLast((one) => one.market === market);
      positionIn(market)?.send({ type: 'position.changed', size: signedSize(units) });
      positionIn(market)?.send({
        type: 'order.ended',
        intentId: wish?.wishId ?? '',
        end: 'filled',
        filled: size(1n),
      });
    },
    denials: () =>
      reports.flatMap((report) =>
        report.type === 'entry.denied' ? [`${report.denial.code}: ${report.denial.message}`] : [],
      ),
    faults: () => reports.filter(({ type }) => type === 'strategy.fault'),
  };
}

describe('entering', () => {
  test('a verdict before the signals are warm enters nothing', () => {
    const { enter, warm, wishes } = start();
    enter(BTC);
    expect(wishes()).toEqual([]);
    warm();
    enter(BTC);
    expect(wishes()).toEqual([
      expect.objectContaining({
        purpose: 'entry',
        wishId: 'sniper/BTC-USD/1.1',
        strategy: 'sniper',
      }),
    ]);
  });

  test('what it does not enter it denies with the reason, and what it holds it does not', () => {
    const { actor, denials, enter, warm } = start();
    enter(BTC);
    warm();
    actor.send({ type: 'gate.closed', reason: 'the mode is shadow' });
    enter(BTC);
    actor.send({ type: 'strategy.pause' });
    enter(BTC);
    actor.send({ type: 'strategy.unpause' });
    actor.send({ type: 'gate.opened' });
    for (const market of [BTC, ETH, SOL]) enter(market);
    enter(BTC);
    expect(denials()).toEqual([
      'strategy.cold: no market has been warm yet',
      'permission.closed: the mode is shadow',
      'strategy.paused: an operator has paused the strategy',
      'strategy.full: 2 positions of at most 2',
    ]);
  });

  test('it is engaged while a position is under way, and scouts again after it', () => {
    const { actor, enter, fill, hold, reports, warm } = start();
    warm();
    enter(BTC);
    expect(actor.getSnapshot().value).toBe('engaged');
    fill(BTC, 1n);
    hold(BTC, ['buy']);
    fill(BTC, 0n);
    expect(actor.getSnapshot().value).toBe('scouting');
    expect(
      reports.flatMap((report) => (report.type === 'strategy.position' ? [report.state] : [])),
    ).toEqual(['flat', 'entering', 'entering', 'long', 'exiting', 'exiting', 'coolingDown']);
  });

  test('no more positions than allowed, those being left included', () => {
    const { enter, fill, hold, warm, wishes } = start();
    warm();
    enter(BTC);
    enter(ETH);
    enter(SOL);
    expect(wishes().map(({ market }) => market)).toEqual([BTC, ETH]);
    fill(BTC, 1n);
    hold(BTC, ['buy']);
    enter(SOL);
    expect(wishes().filter(({ market }) => market === SOL)).toEqual([]);
    fill(BTC, 0n);
    enter(SOL);
    expect(wishes().at(-1)).toMatchObject({ market: SOL });
  });

  test('two verdicts in one burst cannot pass the limit together', () => {
    const burst: readonly StrategyFact[] = [
      { type: 'strategy.warm' },
      ...[BTC, ETH, SOL].map((market) => ({
        type: 'verdict' as const,
        verdict: decisionOf(market, 'buy'),
      })),
    ];
    const facts = fromEventObservable<StrategyFact, StrategyKey>(() => from(burst));
    const { wishes } = start([], { facts });
    expect(wishes().map(({ market }) => market)).toEqual([BTC, ETH]);
  });

  test('a verdict while the market cools down does not count as engaged', () => {
    const { actor, enter, fill, wait, warm, wishes } = start();
    warm();
    enter(BTC);
    fill(BTC, 1n);
    fill(BTC, 0n);
    enter(BTC);
    expect(actor.getSnapshot().value).toBe('scouting');
    wait(TIMINGS.coolDownMs);
    enter(BTC);
    expect(wishes()).toHaveLength(2);
  });
});

describe('leaving', () => {
  test('a verdict for the other side leaves first', () => {
    const { enter, fill, warm, wishes } = start();
    warm();
    enter(BTC, 'sell');
    fill(BTC, -1n);
    enter(BTC, 'buy');
    expect(wishes().at(-1)).toMatchObject({
      purpose: 'exit',
      position: -1n,
      reason: { code: 'signal.reversed', text: 'holding sell, the verdict is buy' },
    });
  });

  test('a verdict for the side held changes nothing', () => {
    const { enter, fill, warm, wishes } = start();
    warm();
    enter(BTC);
    fill(BTC, 1n);
    enter(BTC);
    expect(wishes()).toHaveLength(1);
  });

  test('a hold leaves only the sides it names, with its reason', () => {
    const { hold, wishes } = start([{ market: BTC, size: signedSize(1n) }]);
    hold(BTC, ['sell']);
    hold(ETH, ['buy']);
    expect(wishes()).toEqual([]);
    hold(BTC, ['buy'], []);
    expect(wishes()).toEqual([
      expect.objectContaining({
        reason: { code: 'signal.gone', text: 'the reason to hold buy is gone' },
      }),
    ]);
  });

  test('flatten leaves one market, or all', () => {
    const restored = [BTC, ETH, SOL].map((market) => ({
      market,
      size: signedSize(1n),
      heldMs: 0,
    }));
    const { actor, wishes } = start(restored);
    actor.send({ type: 'strategy.flatten', market: ETH, reason: GONE });
    expect(wishes().map(({ market }) => market)).toEqual([ETH]);
    actor.send({ type: 'strategy.flatten', market: undefined, reason: GONE });
    expect(wishes().map(({ market }) => market)).toEqual([ETH, BTC, SOL]);
  });
});

describe('gate, pause and stop', () => {
  test('a closed gate freezes the positions, also one that turns up later', () => {
    const { actor, enter, positionOf, warm, wishes } = start([
      { market: BTC, size: signedSize(1n) },
    ]);
    warm();
    actor.send({ type: 'gate.closed', reason: 'halted' });
    actor.send({ type: 'position.changed', market: ETH, size: signedSize(2n) });
    for (const market of [BTC, ETH]) {
      expect(positionOf(market)?.getSnapshot().value).toEqual({ trade: 'long', gate: 'frozen' });
    }
    enter(SOL);
    expect(wishes()).toEqual([]);
    actor.send({ type: 'gate.opened' });
    expect(positionOf(ETH)?.getSnapshot().value).toEqual({ trade: 'long', gate: 'open' });
  });

  test('a size in a known market, or none at all, spawns nothing', () => {
    const { actor } = start([{ market: BTC, size: signedSize(1n) }]);
    actor.send({ type: 'position.changed', market: BTC, size: signedSize(2n) });
    actor.send({ type: 'position.changed', market: ETH, size: signedSize(0n) });
    expect(Object.keys(actor.getSnapshot().children).toSorted()).toEqual([
      'facts',
      `position.${BTC}`,
    ]);
  });

  test('paused, it leaves but does not enter', () => {
    const { actor, enter, hold, warm, wishes } = start([{ market: BTC, size: signedSize(1n) }]);
    warm();
    actor.send({ type: 'strategy.pause' });
    enter(ETH);
    hold(BTC, ['buy']);
    expect(wishes().map(({ purpose }) => purpose)).toEqual(['exit']);
    actor.send({ type: 'strategy.unpause' });
    expect(actor.getSnapshot().value).toBe('engaged');
  });

  test('paused by an earlier run, it stays so when it is warm, until it is unpaused', () => {
    const { actor, enter, warm, wishes } = start([], { paused: true });
    warm();
    enter(ETH);
    expect(actor.getSnapshot().value).toBe('paused');
    actor.send({ type: 'strategy.unpause' });
    expect(actor.getSnapshot().value).toBe('scouting');
    expect(wishes()).toEqual([]);
  });

  test('a pause before the warm-up does not skip it', () => {
    const { actor } = start();
    actor.send({ type: 'strategy.pause' });
    actor.send({ type: 'strategy.unpause' });
    expect(actor.getSnapshot().value).toBe('warmingUp');
  });

  test('stopped is the end, with its positions left as they are', () => {
    const { actor, wishes } = start([{ market: BTC, size: signedSize(1n) }]);
    actor.send({ type: 'strategy.stop' });
    expect(actor.getSnapshot().status).toBe('done');
    expect(wishes()).toEqual([]);
  });
});

describe('faults', () => {
  test('a position whose machine breaks is a fault and counts as engaged', () => {
    const position = quiet.provide({
      actions: {
        noteLeaving: () => {
          throw new Error('boom');
        },
      },
    });
    const { actor, faults, hold, warm } = start([{ market: BTC, size: signedSize(1n) }], {
      position,
    });
    warm();
    hold(BTC, ['buy']);
    expect(faults()).toEqual([
      expect.objectContaining({ reason: 'xstate.error.actor.position.BTC-USD Error: boom' }),
    ]);
    expect(actor.getSnapshot().context.positions[BTC]?.state).toBe('faulted');
    expect(actor.getSnapshot().value).toBe('engaged');
    hold(BTC, ['buy']);
    actor.send({ type: 'gate.closed', reason: 'r' });
    actor.send({ type: 'gate.opened' });
    expect(actor.getSnapshot().status).toBe('active');
  });

  test('a deaf position and an overdue wish are passed on', () => {
    const position = positionMachine.provide({
      actors: { facts: fromEventObservable<PositionFact, PositionKey>(() => EMPTY) },
    });
    const { enter, faults, reports, wait, warm } = start([], { position });
    warm();
    enter(BTC);
    expect(faults()).toEqual([
      expect.objectContaining({ reason: 'position.fault xstate.done.actor.facts' }),
    ]);
    wait(TIMINGS.wishTimeoutMs);
    expect(reports.at(-1)).toEqual({
      type: 'wish.overdue',
      strategy: 'sniper',
      wishId: 'sniper/BTC-USD/1.1',
    });
  });

  test.each([
    { name: 'ends', facts: () => EMPTY },
    { name: 'fails', facts: () => throwError(() => new Error('broken')) },
  ])('a stream of facts that $name is a fault', ({ facts }) => {
    const logic = fromEventObservable<StrategyFact, StrategyKey>(facts);
    expect(start([], { facts: logic }).faults()).toHaveLength(1);
  });
});

describe('in every reachable state', () => {
  const reportOf = (market: MarketId, state: string, units: bigint, side?: Side): Fact => ({
    type: 'position.state',
    market,
    state,
    size: signedSize(units),
    side,
  });
  const world: readonly Fact[] = [
    { type: 'strategy.warm' },
    { type: 'strategy.pause' },
    { type: 'strategy.unpause' },
    { type: 'strategy.stop' },
    { type: 'gate.closed', reason: 'r' },
    { type: 'gate.opened' },
    ...[BTC, ETH, SOL].map((market) => ({ type: 'verdict', verdict: decisionOf(market, 'buy') })),
    ...[BTC, ETH].flatMap((market) => [
      reportOf(market, 'flat', 0n),
      reportOf(market, 'long', 1n, 'buy'),
    ]),
  ];
  const graph = explore(strategyMachine, {
    input: inputOf([]),
    world,
    abstract: (state) => {
      const { positions, gate, warm } = (state as StrategySnapshot).context;
      return [
        gate,
        warm,
        Object.values(positions)
          .map((row) => `${row.market} ${row.state}`)
          .toSorted(),
      ];
    },
  });
  const steps = graph.steps as readonly {
    readonly from: StrategySnapshot;
    readonly event: Fact;
    readonly to: StrategySnapshot;
  }[];
  const entering = (state: StrategySnapshot) =>
    Object.values(state.context.positions).filter((row) => row.state === 'entering').length;

  test('all states are reached', () => {
    expect(graph.unreached).toEqual([]);
  });

  test('an entry starts only when warm, running, open and below the limit', () => {
    for (const { from, to } of steps) {
      if (entering(to) <= entering(from)) continue;
      expect(from.context.warm).toBe(true);
      expect(from.context.gate).toBeUndefined();
      expect(from.hasTag('mayEnter')).toBe(true);
      expect(entering(to)).toBeLessThanOrEqual(2);
    }
  });

  test('engaged means that some position is, scouting that none is', () => {
    for (const state of graph.states as readonly StrategySnapshot[]) {
      const some = Object.values(state.context.positions).some(
        (row) => row.state !== 'flat' && row.state !== 'deriving',
      );
      if (state.matches('engaged')) expect(some).toBe(true);
      if (state.matches('scouting')) expect(some).toBe(false);
    }
  });
});
