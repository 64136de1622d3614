/** The operators that keep something per market, in marbles: a b c of A-USD, x y z of B-USD. */
import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  map,
  NEVER,
  of,
  throwError,
  type OperatorFunction,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { marketId, type MarketId } from '../../src/model/quantities.js';
import { auditByMarket } from '../../src/operators/audit-by-market.stream.js';
import { latestByMarket } from '../../src/operators/latest-by-market.stream.js';
import { scanByMarket } from '../../src/operators/scan-by-market.stream.js';
import { shareHot } from '../../src/operators/share-hot.stream.js';

interface Quote {
  readonly market: MarketId;
  readonly value: number;
}

const quote = (market: string, value: number): Quote => ({ market: marketId(market), value });
const quotes = {
  a: quote('A-USD', 1),
  b: quote('A-USD', 2),
  c: quote('A-USD', 3),
  x: quote('B-USD', 1),
  y: quote('B-USD', 2),
  z: quote('B-USD', 3),
};

const marbles = (test: (scheduler: TestScheduler) => void): void => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run(() => test(scheduler));
};

function expectMarbles<R>(
  operator: (scheduler: TestScheduler) => OperatorFunction<Quote, R>,
  source: string,
  expected: string,
  values: Record<string, unknown> = quotes,
): void {
  marbles((scheduler) => {
    const result$ = scheduler.createHotObservable(source, quotes).pipe(operator(scheduler));
    scheduler.expectObservable(result$).toBe(expected, values);
  });
}

describe('scan by market', () => {
  const sums = () =>
    scanByMarket(
      () => ({ sum: 0 }),
      (state, { value }: Quote) => {
        state.sum += value;
        return state.sum === 2 ? undefined : state.sum;
      },
    );

  it('keeps one state per market', () => {
    expectMarbles(sums, '-a-x-c-z-|', '-1-1-4-4-|', { 1: 1, 4: 4 });
  });

  it('emits nothing for a step without result', () => {
    expectMarbles(sums, '-a-a-a-|', '-1---3-|', { 1: 1, 3: 3 });
  });

  it('starts afresh for every subscriber', () => {
    const sums$ = of(quotes.a, quotes.c).pipe(sums());
    const seen: number[] = [];
    sums$.subscribe((sum) => seen.push(sum));
    sums$.subscribe((sum) => seen.push(sum));
    expect(seen).toEqual([1, 4, 1, 4]);
  });

  it('passes on an error of the source, and an error of its own step', () => {
    expectMarbles(sums, '-a-#', '-1-#', { 1: 1 });
    const failing = () =>
      scanByMarket<Quote, undefined, number>(
        () => undefined,
        () => {
          throw new Error('broken');
        },
      );
    const errors: unknown[] = [];
    of(quotes.a)
      .pipe(failing())
      .subscribe({ error: (error: unknown) => errors.push(error) });
    expect(errors).toEqual([new Error('broken')]);
  });
});

describe('latest by market', () => {
  it('holds the newest value of each market after each value', () => {
    const sizes: number[][] = [];
    of(quotes.a, quotes.x, quotes.b)
      .pipe(latestByMarket())
      .subscribe((latest) => sizes.push(Array.from(latest.values(), ({ value }) => value)));
    expect(sizes).toEqual([[1], [1, 1], [2, 1]]);
  });

  it('emits the same live map after each value, in its moment', () => {
    const seen = new Set<unknown>();
    marbles((scheduler) => {
      const sizes$ = scheduler.createHotObservable('-a-x-b-|', quotes).pipe(
        latestByMarket(),
        map((latest) => {
          seen.add(latest);
          return latest.size;
        }),
      );
      scheduler.expectObservable(sizes$).toBe('-1-2-2-|', { 1: 1, 2: 2 });
    });
    expect(seen.size).toBe(1);
  });

  it('passes on the end and the error', () => {
    const ends: string[] = [];
    const observer = { error: () => ends.push('error'), complete: () => ends.push('complete') };
    of(quotes.a).pipe(latestByMarket()).subscribe(observer);
    throwError(() => new Error('broken'))
      .pipe(latestByMarket<Quote>())
      .subscribe(observer);
    expect(ends).toEqual(['complete', 'error']);
  });
});

describe('every operator by market', () => {
  const operators: readonly [
    string,
    (scheduler: TestScheduler) => OperatorFunction<Quote, unknown>,
  ][] = [
    [
      'scan',
      () =>
        scanByMarket(
          () => 0,
          (_, { value }: Quote) => value,
        ),
    ],
    ['latest', () => latestByMarket()],
    ['audit', (scheduler) => auditByMarket(5, scheduler)],
    ['share', () => shareHot()],
  ];

  it.each(operators)(
    '%s leaves its source with its listener, and no timer behind',
    (_, operator) => {
      marbles((scheduler) => {
        const source$ = scheduler.createHotObservable('-ab-x----', quotes);
        const result$ = source$.pipe(operator(scheduler), ignoreElements());
        scheduler.expectObservable(result$, '^---!').toBe('-----');
        scheduler.expectSubscriptions(source$.subscriptions).toBe('^---!');
        scheduler.schedule(() => expect(scheduler.actions).toHaveLength(0), 5);
      });
    },
  );

  it.each(operators)('%s ends in the moment of its source, with its error', (_, operator) => {
    marbles((scheduler) => {
      const source$ = scheduler.createHotObservable('-a#', quotes);
      const result$ = source$.pipe(operator(scheduler), ignoreElements());
      scheduler.expectObservable(result$).toBe('--#');
      scheduler.schedule(() => expect(scheduler.actions).toHaveLength(0), 3);
    });
  });
});

describe('audit by market', () => {
  const audit = (scheduler: TestScheduler) => auditByMarket<Quote>(5, scheduler);

  it.each([
    ['a first value passes at once', '-a--------|', '-a--------|'],
    [
      'what comes within the window waits for its end, the newest wins',
      '-abc------|',
      '-a----c---|',
    ],
    ['a value after a silent window passes at once', '-a-------b-|', '-a-------b-|'],
    ['a trailing value opens a window of its own', '-ab----c------|', '-a----b----c--|'],
    ['markets do not wait for each other', '-axby------|', '-ax---by---|'],
    ['the end does not lose the last value', '-axcz|', '-ax--(cz|)'],
    ['an error passes at once', '-ab#', '-a-#'],
  ])('%s', (_, source, expected) => {
    expectMarbles(audit, source, expected);
  });

  it('keeps one timer however many markets wait, and none when nobody does', () => {
    marbles((scheduler) => {
      const many = Array.from({ length: 50 }, (_, index) => quote(`M${index}-USD`, index));
      const subscription = concat(of(...many, ...many), NEVER)
        .pipe(auditByMarket(5, scheduler))
        .subscribe();
      expect(scheduler.actions.length).toBe(1);
      subscription.unsubscribe();
      expect(scheduler.actions.length).toBe(0);
    });
  });

  it('is left in the middle of a window without another word', () => {
    marbles((scheduler) => {
      const result$ = scheduler.createHotObservable('-ab-----', quotes).pipe(audit(scheduler));
      scheduler.expectObservable(result$, '^---!').toBe('-a--', quotes);
    });
  });
});

describe('share hot', () => {
  it('subscribes once, replays nothing, and leaves with the last listener', () => {
    marbles((scheduler) => {
      const source$ = scheduler.createHotObservable('-a-b-c-x-', quotes);
      const shared$ = source$.pipe(shareHot());
      scheduler.expectObservable(shared$, '^----!').toBe('-a-b--', quotes);
      scheduler.expectObservable(shared$, '--^---!').toBe('---b-c-', quotes);
      scheduler.expectSubscriptions(source$.subscriptions).toBe('^-----!');
    });
  });

  it('shows the end to whoever comes after it, and does not run the source again', () => {
    let runs = 0;
    const ends: string[] = [];
    const shared$ = defer(() => {
      runs += 1;
      return EMPTY;
    }).pipe(shareHot());
    shared$.subscribe({ complete: () => ends.push('first') });
    shared$.subscribe({ complete: () => ends.push('second') });
    expect([runs, ends]).toEqual([1, ['first', 'second']]);
  });
});
