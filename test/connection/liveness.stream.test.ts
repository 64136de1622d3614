/** The two watches as marbles: a missing pong, and a feed that falls silent. */
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { missingPong, silence } from '../../src/connection/liveness.stream.js';

const marbles = (): TestScheduler =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('the heartbeat', () => {
  it('pings 5 s after each pong, and gives up 5 s after a ping without one', () => {
    const scheduler = marbles();
    const pings: number[] = [];
    scheduler.run(({ hot, expectObservable }) => {
      const pong$ = hot('   5010ms p 5999ms p 30s -');
      const missing$ = missingPong(pong$, {
        ping: () => pings.push(scheduler.now()),
        everyMs: 5_000,
        deadlineMs: 5_000,
        scheduler,
      });
      expectObservable(missing$).toBe('21010ms (m|)', { m: 'pong missing' });
    });
    expect(pings).toEqual([5_000, 10_010, 16_010]);
  });
});

describe('silence', () => {
  const edges = { s: { type: 'feed.stale' }, f: { type: 'feed.fresh' } };

  it('is reported once after 5 s, and ends with the next pulse', () => {
    const scheduler = marbles();
    scheduler.run(({ hot, expectObservable }) => {
      const pulse$ = hot('  -p-p 19996ms p 1999ms p 30s -');
      const expected = '    5003ms s 14996ms f 6999ms s';
      const edges$ = silence(pulse$, { afterMs: 5_000, scheduler });
      expectObservable(edges$, '^ 50s !').toBe(expected, edges);
    });
  });

  it('counts from the start when there is never a pulse', () => {
    const scheduler = marbles();
    scheduler.run(({ hot, expectObservable }) => {
      const edges$ = silence(hot('-'), { afterMs: 5_000, scheduler });
      expectObservable(edges$, '^ 20s !').toBe('5s s', edges);
    });
  });
});
