/** What the indexer remembers, and how much of it. */
import { expect, test } from 'vitest';
import { LONG_TERM, SUBACCOUNT, tellStory } from '../../support/venue-story.js';

test('the faucet knows a limit of subaccounts, not of refills', () => {
  const { state } = tellStory();
  expect(state.canFund(SUBACCOUNT)).toBe(true);
  expect(state.orderOf('00000000-0000-5000-8000-000000000000')).toBeUndefined();
  expect(() => state.market(99)).toThrow('expected a clob pair, was 99');
  expect(LONG_TERM.id.orderFlags).toBe(64);
});

test('block times are remembered for 10,000 blocks', () => {
  const { exchange, state } = tellStory();
  const first = exchange.height;
  for (let n = 0; n < 10_000; n += 1) {
    exchange.height += 1;
    state.note({ type: 'block', timeMs: 0 });
  }
  expect(state.timeOf(first)).toBeUndefined();
  expect(state.timeOf(first + 1)).toBe(exchange.timeMs);
});
