/** The heap clock: one order of deadlines for XState, RxJS and everybody else. */
import fc from 'fast-check';
import {
  auditTime,
  bufferTime,
  debounceTime,
  interval,
  map,
  merge,
  take,
  throttleTime,
  timer,
  VirtualTimeScheduler,
  type SchedulerLike,
} from 'rxjs';
import { createActor, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';

describe('the heap clock', () => {
  it('fires deadlines in order, and ties in the order in which they were set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (delays) => {
        const clock = new HeapClock(1000);
        const fired: [number, number][] = [];
        delays.forEach((delay, index) =>
          clock.setTimeout(() => fired.push([clock.now(), index]), delay),
        );
        clock.advanceTo(1100);
        const expected = delays
          .map((delay, index): [number, number] => [1000 + delay, index])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(fired).toEqual(expected);
        expect(clock.now()).toBe(1100);
        expect(clock.pending).toBe(0);
      }),
    );
  });

  it('counts a timer set while another fires from that deadline', () => {
    const clock = new HeapClock(0);
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      if (fired.length < 5) clock.setTimeout(again, 100);
    };
    clock.setTimeout(again, 100);
    clock.advanceTo(1000);
    expect(fired).toEqual([100, 200, 300, 400, 500]);
  });

  it('never fires a cleared timer and forgets it', () => {
    const clock = new HeapClock(0);
    const handle = clock.setTimeout(() => expect.unreachable(), 10);
    clock.setTimeout(() => undefined, 20);
    clock.clearTimeout(handle);
    clock.clearTimeout(handle);
    clock.clearTimeout(undefined);
    expect(clock.pending).toBe(1);
    expect(clock.nextDeadline()).toBe(20);
    clock.advanceTo(30);
    expect(clock.nextDeadline()).toBeUndefined();
  });

  it('does not go back when it is asked to', () => {
    const clock = new HeapClock(100);
    clock.advanceTo(50);
    expect(clock.now()).toBe(100);
  });

  it("drives RxJS time operators exactly as RxJS's own virtual time does", () => {
    const run = (scheduler: SchedulerLike, play: () => void): string[] => {
      const seen: string[] = [];
      const source$ = interval(30, scheduler).pipe(take(20));
      merge(
        source$.pipe(
          throttleTime(100, scheduler),
          map((n) => `throttle ${n}`),
        ),
        source$.pipe(
          auditTime(100, scheduler),
          map((n) => `audit ${n}`),
        ),
        source$.pipe(
          debounceTime(20, scheduler),
          map((n) => `debounce ${n}`),
        ),
        source$.pipe(
          bufferTime(70, scheduler),
          map((n) => `buffer ${n.join()}`),
        ),
        timer(250, scheduler).pipe(map(() => 'timer')),
      ).subscribe((value) => seen.push(`${scheduler.now()} ${value}`));
      play();
      return seen;
    };
    const clock = new HeapClock(0);
    const virtual = new VirtualTimeScheduler();
    const ours = run(clock.scheduler, () => clock.advanceTo(2000));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours).toEqual(run(virtual, () => virtual.flush()));
  });

  it('drives delayed transitions of a state machine', () => {
    const clock = new HeapClock(0);
    const machine = setup({ delays: { soon: 500 } }).createMachine({
      initial: 'waiting',
      states: { waiting: { after: { soon: 'over' } }, over: {} },
    });
    const actor = createActor(machine, { clock }).start();
    clock.advanceTo(499);
    expect(actor.getSnapshot().value).toBe('waiting');
    clock.advanceTo(500);
    expect(actor.getSnapshot().value).toBe('over');
  });
});

describe('the simulated clock', () => {
  it('lets promises settle between deadlines', async () => {
    const clock = new SimulatedClock(0);
    const seen: string[] = [];
    clock.setTimeout(() => {
      seen.push('first');
      void Promise.resolve().then(() => clock.setTimeout(() => seen.push('from a promise'), 5));
    }, 10);
    clock.setTimeout(() => seen.push('second'), 20);
    await clock.advance(30);
    expect(seen).toEqual(['first', 'from a promise', 'second']);
    expect(clock.now()).toBe(30);
  });
});
