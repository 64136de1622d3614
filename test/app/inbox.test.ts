/** The one door: numbers, stamps, run to completion, and one flush a turn. */
import { of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Inbox, type Input } from '../../src/app/inbox.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { UnixMs } from '../../src/model/quantities.js';

function open() {
  const clock = new HeapClock(0);
  const turnEnds: (() => void)[] = [];
  let now = 0;
  const inbox = new Inbox({
    clock,
    stamp: () => now as UnixMs,
    atTurnEnd: (work) => turnEnds.push(work),
  });
  const inputs: Input[] = [];
  inbox.inputs$.subscribe((input) => inputs.push(input));
  return {
    clock,
    inbox,
    inputs,
    at: (ms: number) => (now = ms),
    endTurn: () => turnEnds.splice(0).forEach((work) => work()),
  };
}

describe('the inbox', () => {
  it('runs an input that is raised meanwhile after the one that raised it', () => {
    const { inbox, inputs } = open();
    const order: string[] = [];
    inbox.enter('fact', 'outer', () => {
      order.push('outer begins');
      inbox.enter('fact', 'inner', () => order.push('inner'));
      order.push('outer ends');
    });
    expect(order).toEqual(['outer begins', 'outer ends', 'inner']);
    expect(inputs.map((input) => [input.number, input.source])).toEqual([
      [1, 'outer'],
      [2, 'inner'],
    ]);
  });

  it('fires what was due before an input before that input', () => {
    const { clock, inbox, at } = open();
    const order: string[] = [];
    clock.setTimeout(() => order.push(`timer at ${clock.now()}`), 40);
    at(100);
    inbox.enter('answer', 'venue', () => order.push(`answer at ${clock.now()}`));
    expect(order).toEqual(['timer at 40', 'answer at 100']);
  });

  it('never stamps an input before its predecessor when the outside clock steps back', () => {
    const { inbox, inputs, at } = open();
    at(100);
    inbox.tick();
    at(50);
    inbox.tick();
    expect(inputs.map((input) => input.at)).toEqual([100, 100]);
  });

  it('flushes once at the end of a turn however many frames came in it', () => {
    const { inbox, inputs, endTurn } = open();
    const flushes: number[] = [];
    inbox.flush$.subscribe((time) => flushes.push(time));
    inbox.enter('frame', 'socket', () => undefined);
    inbox.enter('frame', 'socket', () => undefined);
    expect(flushes).toEqual([]);
    endTurn();
    expect(flushes).toEqual([0]);
    expect(inputs.map((input) => input.kind)).toEqual(['frame', 'frame', 'flush']);
    endTurn();
    expect(flushes).toHaveLength(1);
  });

  it('leaves the flush to the replay for a frame that brings its own stamp', () => {
    const { inbox, clock, endTurn } = open();
    const flushes: number[] = [];
    inbox.flush$.subscribe((time) => flushes.push(time));
    inbox.enter('frame', 'recording', () => undefined, 70 as UnixMs);
    endTurn();
    expect(flushes).toEqual([]);
    inbox.flush(70 as UnixMs);
    expect(flushes).toEqual([70]);
    expect(clock.now()).toBe(70);
  });

  it('lets values, errors and ends of an outside stream in as inputs, and none after unsubscribing', () => {
    const { inbox, inputs } = open();
    const outside$ = new Subject<number>();
    const seen: unknown[] = [];
    const subscription = inbox
      .door('signal', 'socket/a', outside$)
      .subscribe((value) => seen.push(value));
    outside$.next(1);
    inbox.enter('fact', 'test', () => {
      outside$.next(2);
      subscription.unsubscribe();
    });
    outside$.next(3);
    inbox
      .door('answer', 'rest', of('x'))
      .subscribe({ next: (v) => seen.push(v), complete: () => seen.push('end') });
    inbox
      .door(
        'answer',
        'rest',
        throwError(() => new Error('down')),
      )
      .subscribe({ error: (error: Error) => seen.push(error.message) });
    expect(seen).toEqual([1, 'x', 'end', 'down']);
    expect(inputs.filter((input) => input.source === 'socket/a')).toHaveLength(2);
  });

  it('runs on after an input that threw', () => {
    const { inbox } = open();
    expect(() =>
      inbox.enter('fact', 'bad', () => {
        throw new Error('broken');
      }),
    ).toThrow('broken');
    const seen: string[] = [];
    inbox.enter('fact', 'good', () => seen.push('ran'));
    expect(seen).toEqual(['ran']);
  });
});
