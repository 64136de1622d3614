/** REST about orders: order, filters and the two stores that it joins. */
import { describe, expect, test } from 'vitest';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { OPENED, TAKEN, tellStory } from '../../support/venue-story.js';

describe('orders', () => {
  const ids = (body: unknown) =>
    (body as { readonly id: string }[]).map(({ id }) => id.slice(0, 4));

  test('that expire by time come first, and last when the oldest are asked for', () => {
    expect(ids(get(`/orders?${ACCOUNT}`).body)).toEqual(['d529', '7808']);
    expect(ids(get(`/orders?${ACCOUNT}&returnLatestOrders=false`).body)).toEqual(['7808', 'd529']);
  });

  test.each([
    ['side=SELL', ['d529']],
    ['ticker=ETH-USD', []],
    ['type=MARKET', []],
    ['goodTilBlockBeforeOrAt=66624210', ['7808']],
    ['goodTilBlockAfter=66624210', []],
    ['limit=1', ['d529']],
  ])('are filtered by %s', (filter, expected) => {
    expect(ids(get(`/orders?${ACCOUNT}&${filter}`).body)).toEqual(expected);
  });

  test('an unfilled short-term order is unknown once it is off the book', () => {
    const story = tellStory();
    story.exchange.known[0] = { ...OPENED };
    const target = '/orders/78086eda-77ea-5c7f-b7e3-2357333d30b0';
    const { status, body } = get(target, story);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'BEST_EFFORT_OPENED',
      totalFilled: '0',
      goodTilBlock: '66624210',
    });
    expect(body).not.toHaveProperty('createdAtHeight');
    expect(body).not.toHaveProperty('updatedAt');
    story.exchange.known[0] = { ...OPENED, status: 'BEST_EFFORT_CANCELED' };
    expect(get(target, story).status).toBe(404);
    expect(ids(get(`/orders?${ACCOUNT}`, story).body)).toEqual(['d529']);
  });

  test('a post-only order is a resting order with a flag', () => {
    const story = tellStory();
    story.exchange.known[0] = { ...TAKEN, timeInForce: 'POST_ONLY' };
    const body = get(`/orders?${ACCOUNT}&side=BUY`, story).body;
    expect(body).toMatchObject([{ timeInForce: 'GTT', postOnly: true }]);
  });
});
