/** The journal as the service writes it: what a full or broken disk does to it, and when it is short. */
import { EMPTY, NEVER, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/app/inbox.js';
import { JournalDesk } from '../../src/app/journal-desk.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { blockHeight } from '../../src/model/quantities.js';
import type { Journal, JournalEntry } from '../../src/ports/journal.js';
import { aFill } from '../support/money-samples.js';

function open(checkpointRows?: number) {
  const clock = new SimulatedClock(0);
  const inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: (work) => work() });
  const written: JournalEntry[] = [];
  const failures: string[] = [];
  const strained$ = new Subject<string>();
  const broken = { is: false, hangs: false };
  const books = () => ({ positions: [], owned: [] });
  const onFailure = (reason: string): void => void failures.push(reason);
  const desk = new JournalDesk({ clock, inbox, onFailure, books, checkpointRows });
  const journal: Journal = {
    history: [],
    strained$,
    append: (entry) => {
      if (broken.is) return throwError(() => new Error('EIO'));
      written.push(entry);
      return broken.hangs ? NEVER : EMPTY;
    },
    close: () => Promise.resolve(),
  };
  desk.open(journal);
  return { clock, desk, written, failures, strained$, broken };
}

const fill: JournalEntry = { type: 'fill', fill: aFill, strategy: undefined };
const sweep = (height: number): JournalEntry => ({
  type: 'sweep',
  completeTo: blockHeight(height),
});

describe('the journal desk', () => {
  it('on a full disk says so once, permits nothing that adds risk, and goes on writing', () => {
    const { desk, failures, strained$, written } = open();
    expect(desk.isHealthy).toBe(true);
    strained$.next('the disk is full');
    expect([desk.isHealthy, failures]).toEqual([false, ['the disk is full']]);
    desk.write(fill);
    expect(written).toEqual([fill]);
  });

  it('after a failed write says so once, and every later one fails', () => {
    const { desk, broken, failures } = open();
    broken.is = true;
    const errors: string[] = [];
    desk.write(fill);
    desk.record(fill).subscribe({ error: ({ message }: Error) => errors.push(message) });
    expect([desk.isHealthy, failures, errors]).toEqual([false, ['EIO'], ['EIO']]);
  });

  it('has failed when the disk does not answer for ten seconds', async () => {
    const { clock, desk, broken, failures } = open();
    broken.hangs = true;
    const errors: string[] = [];
    desk.record(fill).subscribe({ error: ({ message }: Error) => errors.push(message) });
    await clock.advance(9_999);
    expect([desk.isHealthy, failures]).toEqual([true, []]);
    await clock.advance(1);
    const words = ['the disk has not answered for 10 s'];
    expect([desk.isHealthy, failures, errors]).toEqual([false, words, words]);
  });

  it('writes no sweep that says nothing new, and a checkpoint with the first that it writes late', () => {
    const { desk, written } = open(4);
    for (const height of [1, 2, 3, 4]) desk.write(sweep(height));
    expect(written).toEqual([sweep(1)]);
    for (const entry of [fill, fill, fill, sweep(9)]) desk.write(entry);
    expect(written.at(-1)).toMatchObject({ type: 'checkpoint', state: { completeTo: 9 } });
    const { length } = written;
    for (const entry of [sweep(10), fill, sweep(11)]) desk.write(entry);
    expect(written.slice(length)).toEqual([fill, sweep(11)]);
  });
});
