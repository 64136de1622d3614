/** REST about fills and the story they tell of positions. */
import { describe, expect, test } from 'vitest';
import type { ExchangeFill } from '../../../src/simulator/exchange-types.js';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { FILL, FILLED_AT, OWNER, TAKEN, tellStory, VIEW } from '../../support/venue-story.js';

const PARENT = `address=${OWNER}&parentSubaccountNumber=0`;
const BTC_UNIT = 100_000_000n;

let count = 0;
/** Sizes in hundredths of a bitcoin, prices in USD; each a second after the last. */
function fill(side: 'BUY' | 'SELL', size: number, price: number, more: Partial<ExchangeFill> = {}) {
  count += 1;
  return {
    ...FILL,
    eventId: count.toString(16).padStart(24, '0'),
    orderId: { ...TAKEN.id, clientId: count },
    side,
    quantums: BigInt(size) * BTC_UNIT,
    subticks: BigInt(price) * 100_000n,
    quoteQuantums: BigInt(size * price) * 10_000n,
    fee: BigInt(size) * 1000n,
    height: count,
    timeMs: FILLED_AT + count * 1000,
    ...more,
  };
}

function filled(...fills: readonly ExchangeFill[]) {
  const story = tellStory();
  story.exchange.filled.splice(0, 1, ...[...fills].reverse());
  return story;
}

const sizes = (target: string, story: ReturnType<typeof tellStory>) =>
  (get(target, story).body as { fills: { size: string }[] }).fills
    .map(({ size }) => size)
    .join(' ');

describe('fills', () => {
  const three = () =>
    filled(
      fill('BUY', 1, 100),
      fill('BUY', 2, 100, { type: 'LIQUIDATED', orderId: undefined, clobPairId: 1 }),
      fill('SELL', 3, 100, { type: 'TWAP_SUBORDER' }),
    );

  test('are newest first, but by pages oldest first', () => {
    expect(sizes(`/fills?${ACCOUNT}&limit=2`, three())).toBe('0.03 0.2');
    expect(sizes(`/fills?${ACCOUNT}&limit=2&page=1`, three())).toBe('0.01 0.2');
    expect(sizes(`/fills?${ACCOUNT}&limit=2&page=2`, three())).toBe('0.03');
  });

  test.each([
    ['includeTypes=limit,twap_suborder', '0.03 0.01'],
    ['excludeTypes=LIMIT', '0.03 0.2'],
    ['market=BTC-USD&marketType=PERPETUAL', '0.03 0.01'],
  ])('are filtered by %s', (filter, expected) => {
    expect(sizes(`/fills?${ACCOUNT}&${filter}`, three())).toBe(expected);
  });

  test('of a parent ignore market and time', () => {
    const filter = 'market=ETH-USD&marketType=PERPETUAL&createdBeforeOrAtHeight=0';
    expect(sizes(`/fills/parentSubaccountNumber?${PARENT}&${filter}`, three())).toBe(
      '0.03 0.2 0.01',
    );
  });

  test('without an order have neither its id nor its metadata', () => {
    const { fills } = get(`/fills?${ACCOUNT}&includeTypes=LIQUIDATED`, three()).body as {
      fills: object[];
    };
    expect(fills[0]).not.toHaveProperty('orderId');
    expect(fills[0]).not.toHaveProperty('clientMetadata');
    expect(fills[0]).toMatchObject({ type: 'LIQUIDATED', market: 'ETH-USD' });
  });

  test.each([
    ['market=NOPE&marketType=PERPETUAL', 'NOPE not found in markets of type PERPETUAL'],
    ['market=BTC-USD&marketType=SPOT', 'BTC-USD not found in markets of type SPOT'],
  ])('for %s are a 404', (filter, msg) => {
    expect(get(`/fills?${ACCOUNT}&${filter}`)).toEqual({
      status: 404,
      body: { errors: [{ msg }] },
    });
  });

  test('tell what the builder of their order got', () => {
    const story = filled({ ...FILL, builderFee: 1_124_376n });
    story.exchange.known[0] = { ...TAKEN, builder: { address: 'dydx1b', feePpm: 1000 } };
    expect(get(`/fills?${ACCOUNT}`, story).body).toMatchObject({
      fills: [{ builderFee: '1.124376', builderAddress: 'dydx1b' }],
    });
  });
});

describe('trade history', () => {
  const rows = (story: ReturnType<typeof tellStory>, query = '') =>
    (get(`/tradeHistory?${ACCOUNT}${query}`, story).body as { tradeHistory: object[] })
      .tradeHistory;

  test('tells a position from its opening to its end, newest first', () => {
    const story = filled(
      fill('BUY', 2, 100),
      fill('BUY', 2, 200),
      fill('SELL', 1, 250),
      fill('SELL', 3, 50, { orderId: undefined }),
    );
    expect(rows(story)).toMatchObject([
      {
        action: 'LIQUIDATION_CLOSE',
        orderId: null,
        positionSide: null,
        prevSize: '0.03',
        additionalSize: '-0.03',
        netRealizedPnl: '-2',
        netFee: '0.008',
      },
      { action: 'PARTIAL_CLOSE', prevSize: '0.04', netRealizedPnl: '1', positionSide: 'LONG' },
      { action: 'EXTEND', prevSize: '0.02', executionPrice: '200', value: '4', netFee: '0.004' },
      { action: 'OPEN', prevSize: '0', netRealizedPnl: '0', netFee: '0.002' },
    ]);
  });

  test('joins the fills of one order at their average', () => {
    const first = fill('SELL', 1, 100, { orderId: TAKEN.id });
    const story = filled(first, fill('SELL', 2, 101, { orderId: TAKEN.id }));
    expect(rows(story)).toEqual([
      {
        id: '78086eda-77ea-5c7f-b7e3-2357333d30b0',
        subaccountNumber: 0,
        action: 'OPEN',
        executionPrice: '100.66666666666666666667',
        side: 'SELL',
        positionSide: 'SHORT',
        prevSize: '0',
        additionalSize: '-0.03',
        value: '3.0200000000000000000001',
        orderType: 'LIMIT',
        netFee: '0.003',
        netRealizedPnl: '0',
        time: new Date(FILLED_AT + (first.height + 1) * 1000).toISOString(),
        orderId: '78086eda-77ea-5c7f-b7e3-2357333d30b0',
        marketId: 'BTC-USD',
        marginMode: 'CROSS',
      },
    ]);
  });

  test('an order that turns a position round closes it and opens another', () => {
    const story = filled(fill('SELL', 2, 100), fill('BUY', 3, 90));
    const [opened, closed] = rows(story) as { id: string }[];
    expect(opened).toMatchObject({
      action: 'OPEN',
      positionSide: 'LONG',
      prevSize: '0',
      additionalSize: '0.01',
      netFee: '0.001',
      netRealizedPnl: '0',
    });
    expect(closed).toMatchObject({
      action: 'CLOSE',
      positionSide: null,
      prevSize: '0.02',
      additionalSize: '0.02',
      netFee: '0.004',
      netRealizedPnl: '0.2',
    });
    expect([opened?.id.slice(36), closed?.id.slice(36)]).toEqual([':open', ':close']);
  });

  test('always has totals, and keeps children apart', () => {
    const story = filled(fill('BUY', 1, 100), fill('SELL', 1, 100));
    const child = { owner: OWNER, number: 128 };
    story.exchange.subaccounts.push({ ...VIEW, subaccount: child });
    story.state.note({ type: 'fund', subaccount: child, quoteQuantums: 1n });
    story.exchange.filled.push(fill('BUY', 5, 100, { subaccount: child }));
    const target = `/tradeHistory/parentSubaccountNumber?${PARENT}&limit=2&page=2`;
    expect(get(target, story).body).toMatchObject({
      tradeHistory: [{ action: 'OPEN', subaccountNumber: 0 }],
      pageSize: 2,
      totalResults: 3,
      offset: 2,
    });
    const body = get(`/tradeHistory?${ACCOUNT}&market=ETH-USD&marketType=PERPETUAL`, story).body;
    expect(body).toEqual({ tradeHistory: [], pageSize: 1000, totalResults: 0, offset: 0 });
  });
});
