/** One budget for all REST: the venue's hundred in ten seconds, its own words, and its refusals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RestBudget, type Bucket } from '../../src/dydx/rest-budget.js';

const NOW = 1_000_000;
const told = (headers: Readonly<Record<string, string>>, status = 200) => ({ status, headers });
const waitOf = (budget: RestBudget, bucket: Bucket, now = NOW): number => {
  const wait = budget.reserve(bucket, now);
  if (!wait.ok) throw new Error(wait.error.message);
  return wait.value;
};

describe('the budget of all REST', () => {
  it('stays within the venue’s hundred of a bucket in any ten seconds, whoever asks', () => {
    const asks = fc.array(
      fc.record({
        gap: fc.oneof(fc.constant(0), fc.nat(300)),
        bucket: fc.constantFrom<Bucket>('default', 'books'),
      }),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(asks, (list) => {
        const budget = new RestBudget();
        let now = NOW;
        const sent: number[] = [];
        for (const { gap, bucket } of list) {
          now += gap;
          const wait = budget.reserve(bucket, now);
          if (wait.ok) sent.push(now + wait.value);
        }
        for (const from of sent) {
          const within = sent.filter((at) => at >= from && at < from + 10_000).length;
          expect(within).toBeLessThanOrEqual(92);
        }
      }),
    );
  });

  it('holds books for the next window when others have used most of this one', () => {
    const budget = new RestBudget();
    const headers = { 'ratelimit-remaining': '20', 'ratelimit-reset': String(NOW + 4_000) };
    budget.heard('default', told(headers), NOW);
    expect(waitOf(budget, 'books')).toBe(4_000);
    expect(waitOf(budget, 'default')).toBe(0);
  });

  it('holds everything of a bucket of which nothing is left', () => {
    const budget = new RestBudget();
    const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': String(NOW + 4_000) };
    budget.heard('books', told(headers), NOW);
    expect(waitOf(budget, 'default')).toBe(4_000);
    expect(waitOf(budget, 'books')).toBe(4_000);
    budget.heard('fills', told(headers), NOW);
    expect(waitOf(budget, 'fills')).toBe(4_000);
    expect(waitOf(budget, 'orders')).toBe(0);
  });

  it.each([
    ['none', {}],
    ['a reset that is past', { 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }],
    ['what are no numbers', { 'ratelimit-remaining': 'x', 'ratelimit-reset': 'y' }],
    ['plenty', { 'ratelimit-remaining': '21', 'ratelimit-reset': String(NOW + 4_000) }],
  ])('goes on with headers that say %s', (_, headers) => {
    const budget = new RestBudget();
    budget.heard('default', told(headers), NOW);
    expect([waitOf(budget, 'default'), waitOf(budget, 'books')]).toEqual([0, 0]);
  });

  it('waits no longer than a window for what the venue says of it, nor a minute for a 429', () => {
    const budget = new RestBudget();
    const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': String(NOW + 10 ** 9) };
    budget.heard('default', told(headers), NOW);
    expect(waitOf(budget, 'default')).toBe(10_000);
    budget.heard('orders', told({ 'retry-after': '999999' }, 429), NOW);
    expect(waitOf(budget, 'orders')).toBe(60_000);
    budget.heard('fills', told({}, 429), NOW);
    expect(waitOf(budget, 'fills')).toBe(1_000);
  });

  it('tells what is left of the buckets that were used', () => {
    const budget = new RestBudget();
    expect(budget.usage(NOW)).toEqual([]);
    for (let index = 0; index < 6; index += 1) budget.reserve('books', NOW);
    const books = { bucket: 'books', burst: 5, perSecond: 2.5 };
    expect(budget.usage(NOW)).toEqual([{ ...books, free: 0, waitMs: 800 }]);
    expect(budget.usage(NOW + 1_200)).toEqual([{ ...books, free: 2, waitMs: 0 }]);
    expect(budget.usage(NOW + 10_000)).toEqual([{ ...books, free: 5, waitMs: 0 }]);
  });

  it('refuses with the numbers, and a time that is no number', () => {
    const budget = new RestBudget();
    for (let index = 0; index < 200; index += 1) budget.reserve('books', NOW);
    expect(budget.reserve('books', NOW)).toMatchObject({
      ok: false,
      error: { code: 'rest.busy' },
    });
    const { error } = budget.reserve('books', NOW) as { readonly error: { message: string } };
    expect(error.message).toMatch(/^books: \d+.* ms to wait with 5 at once and 2.5 a second/);
    expect(budget.reserve('default', Number.NaN).ok).toBe(false);
    expect(waitOf(budget, 'default')).toBe(0);
  });
});
