/** The position machine: follows the actual size, never doubles an entry, leaves until flat. */
import { EMPTY, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { assign, fromEventObservable, type SnapshotFrom } from 'xstate';
import { positionMachine, type PositionContext } from '../../machines/position.machine.js';
import type { PositionFact } from '../../src/model/facts.js';
import type { OrderEnd } from '../../src/model/order.js';
import { signedSize, size, type MarketId } from '../../src/model/quantities.js';
import { BTC, decisionOf, GONE, TIMINGS } from './decisions.js';
import { explore, type Fact } from './explore.js';
import { host, silence } from './host.js';

type Key = { readonly strategy: string; readonly market: MarketId };
type PositionSnapshot = SnapshotFrom<typeof positionMachine>;

const inputOf = (units = 0n) => ({
  strategy: 'sniper',
  market: BTC,
  epoch: 7,
  size: signedSize(units),
  ...TIMINGS,
});
const machine = positionMachine.provide({ actors: { facts: silence<PositionFact, Key>() } });

function start(units = 0n, heldMs = 0) {
  const hosted = host(machine, { ...inputOf(units), heldMs });
  const { subject, toldOf } = hosted;
  const wishes = () => toldOf('position.wish').map((event) => event['wish'] as { wishId: string });
  return {
    ...hosted,
    wishes,
    trade: () => subject.getSnapshot().value.trade,
    enter: () => subject.send({ type: 'position.enter', decision: decisionOf(BTC, 'buy') }),
    leave: () => subject.send({ type: 'position.exit', reason: GONE }),
    resize: (to: bigint) => subject.send({ type: 'position.changed', size: signedSize(to) }),
    /** Ends the newest wish. */
    end: (filled: bigint, end: OrderEnd = 'canceled') =>
      subject.send({
        type: 'order.ended',
        intentId: wishes().at(-1)?.wishId ?? '',
        end,
        filled: size(filled),
      }),
  };
}

describe('a life', () => {
  test('from flat to long to flat: one entry, one exit, a pause', () => {
    const { subject, enter, resize, end, leave, trade, wait, wishes } = start();
    enter();
    expect(trade()).toEqual({ entering: 'ordered' });
    resize(2n);
    end(2n, 'filled');
    expect(trade()).toBe('long');
    leave();
    expect(trade()).toEqual({ exiting: 'ordered' });
    resize(0n);
    end(2n, 'filled');
    expect(trade()).toBe('coolingDown');
    wait(TIMINGS.coolDownMs);
    expect(trade()).toBe('flat');
    expect(wishes()).toEqual([
      expect.objectContaining({ purpose: 'entry', wishId: 'sniper/BTC-USD/7.1' }),
      expect.objectContaining({
        purpose: 'exit',
        wishId: 'sniper/BTC-USD/7.2',
        position: 2n,
        reason: GONE,
      }),
    ]);
    expect(subject.getSnapshot().hasTag('idle')).toBe(true);
  });

  test.each([
    { units: 3n, state: 'long' },
    { units: -3n, state: 'short' },
    { units: 0n, state: 'flat' },
  ])('a restored size of $units starts as $state', ({ units, state }) => {
    expect(start(units).trade()).toBe(state);
  });
});

describe('entering', () => {
  test('an entry that fills in part is a position of that size', () => {
    const { enter, resize, end, trade, toldOf } = start();
    enter();
    resize(1n);
    end(1n);
    expect(trade()).toBe('long');
    expect(toldOf('position.state').at(-1)).toMatchObject({ state: 'long', size: 1n, side: 'buy' });
  });

  test('an entry that fills nothing, or is denied, cools down', () => {
    const missed = start();
    missed.enter();
    missed.end(0n);
    expect(missed.trade()).toBe('coolingDown');
    const denied = start();
    denied.enter();
    denied.subject.send({
      type: 'intent.denied',
      wishId: 'sniper/BTC-USD/7.1',
      denial: { code: 'book.old', message: '' },
    });
    expect(denied.trade()).toBe('coolingDown');
  });

  test('an end with fills that the books do not show yet waits for the books', () => {
    const { enter, end, resize, trade } = start();
    enter();
    end(2n, 'filled');
    expect(trade()).toEqual({ entering: 'settling' });
    enter();
    resize(2n);
    expect(trade()).toBe('long');
  });

  test('books that never show the fills do not hold it for ever', () => {
    const { enter, end, trade, wait } = start();
    enter();
    end(2n, 'filled');
    wait(TIMINGS.wishTimeoutMs);
    expect(trade()).toBe('coolingDown');
  });

  test('an entry without outcome is reported as overdue again and again, and never repeated', () => {
    const { enter, end, toldOf, trade, wait, wishes } = start();
    enter();
    wait(2 * TIMINGS.wishTimeoutMs);
    expect(toldOf('position.overdue')).toHaveLength(2);
    enter();
    expect(wishes()).toHaveLength(1);
    end(0n);
    expect(trade()).toBe('coolingDown');
  });

  test('an overdue entry that brought fills is held, left, and blocks the next entry until it ends', () => {
    const { enter, leave, resize, subject, toldOf, trade, wait, wishes } = start();
    enter();
    resize(1n);
    wait(TIMINGS.wishTimeoutMs);
    expect(trade()).toBe('long');
    leave();
    resize(0n);
    subject.send({
      type: 'order.ended',
      intentId: 'sniper/BTC-USD/7.2',
      end: 'filled',
      filled: size(1n),
    });
    wait(TIMINGS.coolDownMs);
    expect(trade()).toBe('flat');
    enter();
    expect(wishes()).toHaveLength(2);
    wait(TIMINGS.wishTimeoutMs);
    expect(toldOf('position.overdue').at(-1)).toMatchObject({ wishId: 'sniper/BTC-USD/7.1' });
    subject.send({
      type: 'order.ended',
      intentId: 'sniper/BTC-USD/7.1',
      end: 'canceled',
      filled: size(1n),
    });
    enter();
    expect(wishes()).toHaveLength(3);
  });

  test('an exit asked for while entering leaves as soon as there is something to leave', () => {
    const { enter, leave, resize, trade, wishes } = start();
    enter();
    leave();
    expect(trade()).toEqual({ entering: 'ordered' });
    resize(1n);
    expect(trade()).toEqual({ exiting: 'ordered' });
    resize(0n);
    resize(1n);
    expect(trade()).toEqual({ exiting: 'ordered' });
    expect(wishes()).toHaveLength(3);
  });

  test('an enter that is not possible is answered with the state', () => {
    const { enter, toldOf } = start(2n);
    const before = toldOf('position.state').length;
    enter();
    expect(toldOf('position.state')).toHaveLength(before + 1);
  });
});

describe('leaving', () => {
  test('an exit repeats, with the size of the moment, until flat', () => {
    const { leave, end, resize, trade, wait, wishes } = start(-5n);
    leave();
    resize(-2n);
    end(3n);
    expect(trade()).toEqual({ exiting: 'resting' });
    wait(TIMINGS.exitRetryMs);
    resize(0n);
    expect(wishes()).toEqual([
      expect.objectContaining({ position: -5n }),
      expect.objectContaining({ position: -2n }),
    ]);
    expect(trade()).toBe('coolingDown');
  });

  test('an exit without outcome is reported and tried again', () => {
    const { leave, toldOf, wait, wishes } = start(5n);
    leave();
    wait(TIMINGS.wishTimeoutMs);
    expect(toldOf('position.overdue')).toEqual([
      expect.objectContaining({ wishId: 'sniper/BTC-USD/7.1' }),
    ]);
    expect(wishes()).toHaveLength(2);
  });

  test('a position that is too old is left, and growing does not make it younger', () => {
    const { resize, trade, wait, wishes } = start(5n);
    wait(TIMINGS.maxHoldMs - 50);
    resize(6n);
    expect(trade()).toBe('long');
    wait(50);
    expect(wishes()).toEqual([
      expect.objectContaining({ reason: { code: 'age', text: 'held for 60000 ms' } }),
    ]);
  });

  test('what an earlier run held is no younger than it is; the next position is', () => {
    const { end, enter, resize, trade, wait, wishes } = start(5n, TIMINGS.maxHoldMs - 100);
    wait(99);
    expect(trade()).toBe('long');
    wait(1);
    expect(wishes()).toEqual([expect.objectContaining({ purpose: 'exit' })]);
    resize(0n);
    end(5n, 'filled');
    wait(TIMINGS.coolDownMs);
    enter();
    resize(2n);
    end(2n, 'filled');
    wait(TIMINGS.maxHoldMs - 1);
    expect(trade()).toBe('long');
  });

  test('what is too old already is left at once', () => {
    const { wait, wishes } = start(-5n, 2 * TIMINGS.maxHoldMs);
    wait(1);
    expect(wishes()).toEqual([expect.objectContaining({ reason: expect.anything() })]);
  });

  test('a position that is liquidated away cools down; one that is flipped is followed', () => {
    const { resize, trade } = start(5n);
    resize(-1n);
    expect(trade()).toBe('short');
    resize(1n);
    expect(trade()).toBe('long');
    resize(0n);
    expect(trade()).toBe('coolingDown');
  });

  test('an exit asked for while flat means nothing later', () => {
    const { leave, resize, trade } = start();
    leave();
    resize(1n);
    expect(trade()).toBe('long');
  });
});

describe('frozen', () => {
  test('it enters nothing, and enters again when thawed', () => {
    const { subject, enter, wishes } = start();
    subject.send({ type: 'position.freeze', reason: 'halted' });
    enter();
    expect(wishes()).toHaveLength(0);
    subject.send({ type: 'position.thaw' });
    enter();
    expect(wishes()).toHaveLength(1);
  });

  test('it is still left, by signal and by age, however often the gate closes', () => {
    const { subject, trade, wait } = start(5n);
    for (let minute = 0; minute < 6; minute += 1) {
      subject.send({ type: 'position.freeze', reason: 'stale' });
      wait(5_000);
      subject.send({ type: 'position.thaw' });
      wait(5_000);
    }
    expect(trade()).toEqual({ exiting: 'ordered' });
  });
});

test.each([
  { name: 'ends', facts: () => EMPTY },
  { name: 'fails', facts: () => throwError(() => new Error('broken')) },
])('a position whose stream of facts $name says so', ({ facts }) => {
  const deaf = positionMachine.provide({
    actors: { facts: fromEventObservable<PositionFact, Key>(facts) },
  });
  expect(host(deaf, inputOf()).toldOf('position.fault')).toHaveLength(1);
});

describe('in every reachable state', () => {
  const silent = positionMachine.provide({
    actions: {
      report: () => {},
      wishEntry: assign(({ context }) => ({
        sequence: 1,
        entry: { wishId: 'entry', side: 'buy' as const },
        leaving: undefined,
        market: context.market,
      })),
      wishExit: assign({ exit: 'exit' }),
      reportOverdue: () => {},
      reportFault: () => {},
    },
  });
  const ends = ['entry', 'exit'].flatMap((wishId) => [
    { type: 'order.ended', intentId: wishId, end: 'canceled', filled: size(0n) },
    { type: 'order.ended', intentId: wishId, end: 'filled', filled: size(1n) },
    { type: 'intent.denied', wishId, denial: { code: 'book.old', message: '' } },
  ]);
  const world: readonly Fact[] = [
    { type: 'position.enter', decision: decisionOf(BTC, 'buy') },
    { type: 'position.exit', reason: GONE },
    { type: 'position.freeze', reason: 'r' },
    { type: 'position.thaw' },
    ...[-1n, 0n, 1n].map((units) => ({ type: 'position.changed', size: signedSize(units) })),
    ...ends,
  ];
  const graph = explore(silent, {
    input: inputOf(),
    world,
    abstract: ({ context }) => {
      const { size: held, entry, exit, leaving } = context as PositionContext;
      return [held, entry?.wishId, exit, leaving?.code];
    },
  });
  const steps = graph.steps as readonly {
    readonly from: PositionSnapshot;
    readonly event: Fact;
    readonly to: PositionSnapshot;
  }[];

  test('all but the transient states are reached', () => {
    expect(graph.unreached).toEqual(['position.trade.deriving', 'position.trade.entered']);
  });

  test('long means a size above zero, short one below, and idle none', () => {
    for (const state of graph.states as readonly PositionSnapshot[]) {
      const { size: held } = state.context;
      if (state.matches({ trade: 'long' })) expect(held > 0n).toBe(true);
      if (state.matches({ trade: 'short' })) expect(held < 0n).toBe(true);
      if (state.matches({ trade: 'exiting' })) expect(held !== 0n).toBe(true);
      if (state.hasTag('idle')) expect(held).toBe(0n);
    }
  });

  test('an entry starts only from flat, with the gate open and no outcome outstanding', () => {
    for (const { from, to } of steps) {
      if (from.matches({ trade: 'entering' }) || !to.matches({ trade: 'entering' })) continue;
      expect(from.matches({ trade: 'flat', gate: 'open' })).toBe(true);
      expect([from.context.entry, from.context.exit]).toEqual([undefined, undefined]);
    }
  });

  test('only its own end or denial settles an entry', () => {
    for (const { from, event, to } of steps) {
      if (from.context.entry === undefined || to.context.entry !== undefined) continue;
      expect(['order.ended', 'intent.denied']).toContain(event.type);
    }
  });

  test('timers and outcomes alone always lead back to a rest', () => {
    const isRest = (state: PositionSnapshot) =>
      ['flat', 'long', 'short'].some((rest) => state.value.trade === rest);
    const passive = ({ type, size: held }: Fact) =>
      type.startsWith('xstate.after') || type === 'order.ended' || held === 0n;
    expect(graph.stuck((state) => isRest(state as PositionSnapshot), passive)).toEqual([]);
  });
});
