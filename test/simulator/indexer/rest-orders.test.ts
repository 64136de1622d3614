/** REST about orders: order, filters and the two stores that it joins. */
import { describe, expect, test } from 'vitest';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { FILL, LONG_TERM, OPENED, TAKEN, tellStory } from '../../support/venue-story.js';

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

describe('of other kinds than limit orders', () => {
  const STOP = {
    ...LONG_TERM,
    id: { ...LONG_TERM.id, orderFlags: 32, clientId: 5 },
    status: 'UNTRIGGERED' as const,
    totalFilled: 0n,
    condition: { type: 'STOP_LOSS' as const, triggerSubticks: 9_400_000_000n },
  };
  const TWAP = {
    ...LONG_TERM,
    id: { ...LONG_TERM.id, orderFlags: 128, clientId: 6 },
    subticks: 0n,
    twap: { durationSeconds: 600, intervalSeconds: 60, priceTolerancePpm: 10_000 },
    builder: { address: 'dydx1builder', feePpm: 500 },
    orderRouterAddress: 'dydx1router',
  };

  function told() {
    const story = tellStory();
    const take = { ...STOP, condition: { ...STOP.condition, type: 'TAKE_PROFIT' as const } };
    story.exchange.known.push(
      STOP,
      { ...take, id: { ...STOP.id, clientId: 7 }, status: 'OPEN' as const },
      TWAP,
    );
    const suborder = { ...TWAP.id, orderFlags: 256 };
    const half = { ...FILL, orderId: suborder, type: 'TWAP_SUBORDER' as const };
    const cheaper = { quoteQuantums: 1_000_000_000n, eventId: '03f89ac90000000200000007' };
    story.exchange.filled.push(half, { ...half, ...cheaper });
    return story;
  }
  const typesOf = (query: string) =>
    (get(`/orders?${ACCOUNT}&${query}`, told()).body as readonly { readonly type: string }[]).map(
      ({ type }) => type,
    );

  test('conditional ones have a trigger price', () => {
    expect(get(`/orders?${ACCOUNT}&status=untriggered`, told()).body).toMatchObject([
      { type: 'STOP_LIMIT', triggerPrice: '94000', orderFlags: '32', totalFilled: '0' },
    ]);
  });

  test('a TWAP order shows its terms and the average price of its suborders', () => {
    expect(get(`/orders?${ACCOUNT}&type=TWAP`, told()).body).toMatchObject([
      {
        type: 'TWAP',
        price: '84975',
        duration: '600',
        interval: '60',
        priceTolerance: '10000',
        builderAddress: 'dydx1builder',
        feePpm: '500',
        orderRouterAddress: 'dydx1router',
      },
    ]);
  });

  test.each([
    ['type=STOP_LIMIT', ['STOP_LIMIT']],
    ['type=TAKE_PROFIT', ['TAKE_PROFIT']],
    ['type=LIMIT', ['LIMIT', 'TAKE_PROFIT', 'LIMIT']],
    ['includeTypes=stop_limit', ['LIMIT', 'STOP_LIMIT', 'TAKE_PROFIT']],
    ['excludeTypes=LIMIT,STOP_LIMIT', ['LIMIT', 'TAKE_PROFIT', 'TWAP']],
    ['goodTilBlockTimeAfter=2026-01-05T16:00:00Z', []],
    [
      'goodTilBlockTimeBeforeOrAt=2026-01-05T16:00:00Z',
      ['LIMIT', 'STOP_LIMIT', 'TAKE_PROFIT', 'TWAP'],
    ],
  ])('%s finds %j: what rests in a book passes filters by type', (query, expected) => {
    expect(typesOf(query)).toEqual(expected);
  });
});

test('a filled order that rests anew is open, not just seen', () => {
  const story = tellStory();
  const partly = { status: 'BEST_EFFORT_OPENED' as const, totalFilled: 25_000_000n };
  story.exchange.known[0] = { ...TAKEN, ...partly, timeInForce: 'GTT' };
  expect(get(`/orders?${ACCOUNT}&status=BEST_EFFORT_OPENED`, story).body).toEqual([]);
  expect(get(`/orders?${ACCOUNT}&side=BUY`, story).body).toMatchObject([
    { status: 'OPEN', totalFilled: '0.0025', createdAtHeight: '66624200' },
  ]);
});

test('asked for the latest in any words, the oldest come first', () => {
  const flags = (query: string) =>
    (get(`/orders?${ACCOUNT}${query}`).body as readonly { readonly orderFlags: string }[]).map(
      ({ orderFlags }) => orderFlags,
    );
  expect(flags('')).toEqual(['64', '0']);
  expect(flags('&returnLatestOrders=true')).toEqual(['0', '64']);
});
