/** Changes of mind that lasted, in marbles of milliseconds: a stability of 4, keys a b c of one market, x y of another. */
import { NEVER, of, concat } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { marketId, type MarketId } from '../../src/model/quantities.js';
import { distinctDecision } from '../../src/operators/distinct-decision.stream.js';

interface Mind {
  readonly market: MarketId;
  readonly key: string;
  readonly note: number;
}

const mind = (market: string, key: string, note = 1): Mind => ({
  market: marketId(market),
  key,
  note,
});
/** A and B are newer words with the keys of a and b. */
const minds = {
  a: mind('A-USD', 'a'),
  A: mind('A-USD', 'a', 2),
  b: mind('A-USD', 'b'),
  B: mind('A-USD', 'b', 2),
  c: mind('A-USD', 'c'),
  x: mind('X-USD', 'x'),
  y: mind('X-USD', 'y'),
};
const operator = (scheduler: TestScheduler) =>
  distinctDecision<Mind>({ keyOf: ({ key }) => key, stabilityMs: 4, scheduler });

function run(source: string, expected: string, until?: string): void {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  scheduler.run(({ hot, expectObservable }) => {
    expectObservable(hot(source, minds).pipe(operator(scheduler)), until).toBe(expected, minds);
  });
  expect(scheduler.actions).toHaveLength(0);
}

describe('distinct decision', () => {
  it.each([
    ['a first key waits like any other', '-a---------', '-----a-----', undefined],
    [
      'the same key updates its value and does not restart the window',
      '-a-A-------',
      '-----A-----',
      undefined,
    ],
    ['load with one key cannot starve it', '-aAaAaAaAaA', '-----a-----', '^ 10ms !'],
    ['another key restarts the window', '-a-b-------', '-------b---', undefined],
    [
      'a change that is taken back is never told',
      '-a----b-a--------',
      '-----a-----------',
      undefined,
    ],
    [
      'a key that was told is told again only after another one',
      '-a----A----b-------',
      '-----a---------b---',
      undefined,
    ],
    ['markets do not wait for each other', '-a-x-------', '-----a-x---', undefined],
    ['an error passes at once', '-a-#', '---#', undefined],
    ['the end passes at once: what has not lasted is not told', '-a-|', '---|', undefined],
    ['whoever leaves in the window leaves no timer', '-a---------', '---', '^--!'],
  ])('%s', (_, source, expected, until) => {
    run(source, expected, until);
  });

  it('holds one timer however many markets wait, and none when it is left', () => {
    const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
    scheduler.run(() => {
      const many = Array.from({ length: 50 }, (_, n) => mind(`M${n}-USD`, 'a'));
      const subscription = concat(of(...many), NEVER)
        .pipe(operator(scheduler))
        .subscribe();
      expect(scheduler.actions).toHaveLength(1);
      subscription.unsubscribe();
      expect(scheduler.actions).toHaveLength(0);
    });
  });
});
