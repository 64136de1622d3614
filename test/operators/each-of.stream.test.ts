/** Each of a batch: in order, at once, and with the end and the error of its source. */
import { TestScheduler } from 'rxjs/testing';
import { take } from 'rxjs';
import { expect, it } from 'vitest';
import { eachOf } from '../../src/operators/each-of.stream.js';

const batches: Record<string, readonly string[]> = { x: ['a', 'b'], e: [], y: ['c'] };

function run(source: string, expected: string, options: { first?: number; left?: string } = {}) {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
    const source$ = cold(source, batches);
    const each$ = source$.pipe(eachOf());
    const { first, left } = options;
    expectObservable(first === undefined ? each$ : each$.pipe(take(first))).toBe(expected);
    if (left !== undefined) expectSubscriptions(source$.subscriptions).toBe(left);
  });
}

it('the elements of a batch come at once and in order, of an empty one nothing', () => {
  run('x----e---y|', '(ab)-----c|', { left: '^---------!' });
});

it('an error passes at once', () => {
  run('-y#', '-c#', { left: '^-!' });
});

it('whoever leaves in the middle of a batch leaves the source', () => {
  run('-x--y', '-(a|)', { first: 1, left: '^!' });
});
