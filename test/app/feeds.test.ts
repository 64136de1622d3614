/** The sockets as the service sees them: which are live, what each carries, and who hears of a loss. */
import { describe, expect, it } from 'vitest';
import { createActor, emit, setup, type AnyActorRef } from 'xstate';
import type { ConnectionEmitted } from '../../machines/connection-context.js';
import { emitted$, snapshots$, stateName } from '../../src/app/actor-observables.js';
import { Feeds } from '../../src/app/feeds.js';
import { marketId } from '../../src/model/quantities.js';

/** A machine that emits what it is sent, fails on `fail` and ends on `end`. */
const speaker = () =>
  createActor(
    setup({
      types: {
        events: {} as { type: 'say'; words: ConnectionEmitted } | { type: 'fail' | 'end' },
        emitted: {} as ConnectionEmitted,
      },
    }).createMachine({
      initial: 'backingOff',
      states: { backingOff: { on: { end: 'over' } }, over: { type: 'final' } },
      on: {
        say: { actions: emit(({ event }) => event.words) },
        fail: {
          actions: () => {
            throw new Error('broken');
          },
        },
      },
    }),
  );

describe('feeds', () => {
  function open() {
    const words: string[] = [];
    const feeds = new Feeds({
      log: {
        write: (level, event, { key, state } = {}) =>
          void words.push(`${level} ${event} ${String(key ?? state)}`),
      },
      onDown: (markets) => void words.push(`down ${markets.join()}`),
      onBack: (name) => void words.push(`back ${name}, live ${feeds.isLive(name)}`),
    });
    const live: boolean[] = [];
    feeds.allLive$.subscribe((isLive) => live.push(isLive));
    feeds.plan([
      [
        { channel: 'v4_subaccounts', id: 'dydx1/0' },
        { channel: 'v4_orderbook', id: 'BTC-USD' },
        { channel: 'v4_trades', id: 'BTC-USD' },
      ],
      [{ channel: 'v4_orderbook', id: 'ETH-USD' }],
    ]);
    const actor = speaker();
    feeds.hear(actor as AnyActorRef).subscribe();
    actor.start();
    const say = (said: ConnectionEmitted): void => actor.send({ type: 'say', words: said });
    return { feeds, words, live, say };
  }

  it('are all live when each has come up, and the return is told before it counts', () => {
    const { feeds, live, say, words } = open();
    say({ type: 'feed.up', name: 'stream-0', epoch: 1 });
    expect(live.at(-1)).toBe(false);
    say({ type: 'feed.up', name: 'stream-1', epoch: 1 });
    expect(live.at(-1)).toBe(true);
    say({ type: 'feed.down', name: 'stream-0', epoch: 1 });
    expect(live.at(-1)).toBe(false);
    expect(feeds.isLive('stream-1')).toBe(true);
    expect(words.slice(-3)).toEqual([
      'back stream-0, live false',
      'back stream-1, live false',
      'down BTC-USD',
    ]);
  });

  it('that are bad or refused are in the log', () => {
    const { say, words } = open();
    say({ type: 'feed.refused', name: 'stream-0', key: 'v4_trades:X-USD', message: 'no' });
    expect(words).toContain('warn connection backingOff');
    expect(words).toContain('error feed.refused v4_trades:X-USD');
  });

  it('know which of them carries a market', () => {
    const { feeds } = open();
    expect(feeds.carrying(marketId('ETH-USD'))).toBe('stream-1');
    expect(feeds.carrying(marketId('SOL-USD'))).toBeUndefined();
    expect(feeds.isLive('stream-9')).toBe(false);
  });
});

describe('machines as Observables', () => {
  it.each(['end', 'fail'] as const)('complete when the actor comes to its %s', (how) => {
    const actor = speaker();
    const told: string[] = [];
    snapshots$(actor).subscribe({ complete: () => told.push('snapshots') });
    emitted$(actor as AnyActorRef).subscribe({ complete: () => told.push('emitted') });
    actor.start();
    actor.send({ type: how });
    expect(told.toSorted()).toEqual(['emitted', 'snapshots']);
  });

  it('are silent after they are left', () => {
    const actor = speaker();
    const heard: unknown[] = [];
    const subscription = emitted$(actor as AnyActorRef).subscribe((event) => heard.push(event));
    actor.start();
    subscription.unsubscribe();
    actor.send({ type: 'say', words: { type: 'feed.up', name: 'a', epoch: 1 } });
    expect(heard).toEqual([]);
  });

  it.each([
    ['flat', 'flat'],
    [{ session: { live: 'fresh' } }, 'session.live.fresh'],
    [{ trade: 'flat', gate: 'open' }, 'trade.flat+gate.open'],
    [undefined, ''],
  ])('name the state %o as %s', (value, name) => {
    expect(stateName(value)).toBe(name);
  });
});
