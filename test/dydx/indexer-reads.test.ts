/** Reads by REST and RPC: right requests, exact answers, honest failures, within the budget. */
import { firstValueFrom, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { blockHeight, marketId, orderId } from '../../src/model/quantities.js';
import { Failure } from '../../src/model/result.js';
import type { HttpAnswer, HttpPort } from '../../src/ports/http.js';
import { indexerReads } from '../../src/dydx/indexer.client.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import { RestBudget } from '../../src/dydx/rest-budget.js';
import {
  BTC,
  btcObject,
  esObject,
  fillObject,
  orderObject,
  orderUuid,
  specs,
  subaccount,
  subaccountObject,
} from './samples.js';

const START = 1_000_000;
const answer = (status: number, body: unknown, headers = {}): HttpAnswer => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Reads against scripted answers; remembers what was asked and when. */
function setup(
  answers: (url: URL, body: string | undefined) => HttpAnswer,
  budget = new RestBudget(),
) {
  const clock = new SimulatedClock(START);
  const asked: { readonly url: string; readonly at: number }[] = [];
  const http: HttpPort = {
    send: ({ url, body, deadlineMs }) => {
      expect(deadlineMs).toBe(3000);
      asked.push({ url, at: clock.now() - START });
      return of(answers(new URL(url), body));
    },
  };
  const network = embeddedNetwork(1);
  const specOf = specs.get.bind(specs);
  const reads = indexerReads({ network, http, clock, subaccount, specOf, budget });
  return { clock, asked, reads };
}

async function failureOf(read$: Observable<unknown>): Promise<Failure> {
  const error: unknown = await firstValueFrom(read$).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('a read', () => {
  const owner = `address=${subaccount.address}&subaccountNumber=0`;
  const restOrder = { ...orderObject, totalFilled: '0.0001' };
  const book = { bids: [{ price: '89950', size: '0.4321' }], asks: [] };
  const candle = {
    startedAt: '2025-12-08T16:12:00.000Z',
    ticker: 'BTC-USD',
    resolution: '1MIN',
    low: '1',
    high: '3',
    open: '1',
    close: '2',
    baseTokenVolume: '0.0002',
    trades: 2,
  };
  const id = orderId(orderUuid);
  type Reads = ReturnType<typeof setup>['reads'];
  it.each<[string, (reads: Reads) => Observable<unknown>, string, unknown, unknown]>([
    ['an order', (r) => r.order(id), `/orders/${id}`, restOrder, { totalFilled: 1_000_000n }],
    [
      'the open orders',
      (r) => r.openOrders(),
      `/orders?${owner}&status=OPEN,UNTRIGGERED,BEST_EFFORT_OPENED`,
      [restOrder],
      [{ orderId: id, status: 'bestEffortOpened' }],
    ],
    [
      'the account',
      (r) => r.account(),
      `/addresses/${subaccount.address}/subaccountNumber/0`,
      { subaccount: subaccountObject },
      { height: 66_624_203, usdc: 8_888_460_000n },
    ],
    ['the indexer height', (r) => r.indexerHeight(), '/height', { height: '7', time: '' }, 7],
    [
      'the markets',
      (r) => r.markets(),
      '/perpetualMarkets',
      {
        markets: {
          a: btcObject,
          b: { ...esObject, oraclePrice: null },
          c: { ...esObject, ticker: 'x' },
        },
      },
      [{ spec: specs.get(BTC), oracle: 89_921_550_000_000_000_000_000n }, { oracle: undefined }],
    ],
    [
      'a book',
      (r) => r.book(BTC),
      '/orderbooks/perpetualMarket/BTC-USD',
      book,
      { bids: [{ price: 89_950, size: 4321 }], asks: [] },
    ],
    [
      'candles',
      (r) => r.candles(BTC, 60),
      '/candles/perpetualMarkets/BTC-USD?resolution=1MIN&limit=60',
      { candles: [candle] },
      [{ open: 1, high: 3, low: 1, close: 2, volume: 2, trades: 2 }],
    ],
  ])('of %s asks the right question and is exact', async (_name, read, path, body, expected) => {
    const { asked, reads } = setup(() => answer(200, body));
    expect(await firstValueFrom(read(reads))).toMatchObject(expected as object);
    expect(asked.map(({ url }) => url)).toEqual([`http://127.0.0.1:1/v4${path}`]);
  });

  it('of the family asks for all markets, and a node about whoever holds something', async () => {
    const child = { ...subaccountObject, subaccountNumber: 128, equity: '-3.0000019' };
    const idle = { ...subaccountObject, openPerpetualPositions: {} };
    const { asked, reads } = setup((url, body) => {
      if (url.pathname.endsWith('/perpetualMarkets'))
        return answer(200, { markets: { a: btcObject } });
      if (url.pathname.endsWith('/parentSubaccountNumber/0')) {
        const told = { equity: '7.5', freeCollateral: '-1', childSubaccounts: [idle, child] };
        return answer(200, { subaccount: told });
      }
      expect(JSON.parse(body ?? '')).toMatchObject({
        params: { path: '/dydxprotocol.clob.Query/Leverage' },
      });
      // {1: [{1: 0, 2: 500000}]}
      const value = Buffer.from('0a0410a0c21e', 'hex').toString('base64');
      return answer(200, { result: { response: { value } } });
    });
    expect(await firstValueFrom(reads.family())).toMatchObject({
      equity: 7_500_000n,
      freeCollateral: -1_000_000n,
      members: [
        { number: 0, positions: [], marginPpm: [] },
        { number: 128, equity: -3_000_001n, marginPpm: [{ venueNumber: 0, ppm: 500_000 }] },
      ],
      markets: [{ spec: { market: BTC } }],
    });
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['that was never funded is none', 404, { errors: [{ msg: 'none' }] }, undefined],
    [
      'without members is empty',
      200,
      { subaccount: { equity: '0', freeCollateral: '0', childSubaccounts: [] } },
      { members: [] },
    ],
  ])('of a family %s', async (_name, status, body, expected) => {
    const { reads } = setup((url) =>
      url.pathname.endsWith('/perpetualMarkets')
        ? answer(200, { markets: {} })
        : answer(status, body),
    );
    const family = await firstValueFrom(reads.family());
    if (expected === undefined) expect(family).toBeUndefined();
    else expect(family).toMatchObject(expected);
  });

  it('of a family with a position in a market that is not listed may be tried again', async () => {
    const { reads } = setup((url) =>
      url.pathname.endsWith('/perpetualMarkets')
        ? answer(200, { markets: {} })
        : answer(200, {
            subaccount: { equity: '0', freeCollateral: '0', childSubaccounts: [subaccountObject] },
          }),
    );
    expect(await failureOf(reads.family())).toMatchObject({ code: 'market.unknown' });
  });

  it('of the chain height asks a validator, and only one of our chain', async () => {
    const header = { height: '1012', chain_id: 'localdydxprotocol' };
    const { asked, reads } = setup((_url, body) => {
      expect(JSON.parse(body ?? '')).toMatchObject({ jsonrpc: '2.0', method: 'block' });
      return answer(200, { result: { block: { header } } });
    });
    expect(await firstValueFrom(reads.chainHeight())).toBe(1012);
    expect(asked[0]?.url).toBe('http://127.0.0.1:1');
    header.chain_id = 'dydx-mainnet-1';
    expect((await failureOf(reads.chainHeight())).code).toBe('rest.unreadable');
  });

  it('of an order or an account that does not exist is no failure', async () => {
    const { reads } = setup(() => answer(404, { errors: [{ msg: 'none' }] }));
    expect(await firstValueFrom(reads.order(id))).toBeUndefined();
    expect(await firstValueFrom(reads.account())).toBeUndefined();
  });

  it.each([
    [403, { errors: [{ code: 'GEOBLOCKED', msg: 'no' }] }, 'rest.forbidden', false],
    [404, { error: 'Not Found' }, 'rest.not-found', false],
    [400, { errors: [] }, 'rest.refused', false],
    [429, { errors: [] }, 'rest.rate-limited', true],
    [503, '<html>', 'rest.unavailable', true],
    [200, '<html>', 'rest.unreadable', false],
    [200, { height: 7 }, 'rest.unreadable', false],
  ])('answered with %i %j fails', async (status, body, code, retryable) => {
    const { reads } = setup(() => answer(status, body));
    expect(await failureOf(reads.indexerHeight())).toMatchObject({ code, retryable });
  });

  it('with ids out of form fails, for it is the data that is wrong', async () => {
    const { reads } = setup(() => answer(200, { ...orderObject, id: 'x' }));
    expect(await failureOf(reads.order(id))).toMatchObject({ code: 'rest.unreadable' });
  });

  it('about a market that is not known yet may be tried again', async () => {
    const { reads } = setup(() => answer(200, { bids: [], asks: [] }));
    const failure = await failureOf(reads.book(marketId('NEW-USD')));
    expect(failure).toMatchObject({ code: 'market.unknown', retryable: true });
  });

  it('hands on what the transport says, and what no reader foresees', async () => {
    const clock = new SimulatedClock(START);
    const broken = new Failure('http.deadline', 'late', { retryable: true });
    const http: HttpPort = { send: () => throwError(() => broken) };
    const options = { network: embeddedNetwork(1), clock, subaccount, specOf: () => undefined };
    expect(await failureOf(indexerReads({ ...options, http }).account())).toBe(broken);
    const odd: HttpPort = { send: () => of(answer(200, [orderObject])) };
    const specOf = () => {
      throw new RangeError('odd');
    };
    const read$ = indexerReads({ ...options, http: odd, specOf }).openOrders();
    await expect(firstValueFrom(read$)).resolves.toHaveLength(1);
    const fills: HttpPort = { send: () => of(answer(200, { fills: [fillObject] })) };
    const fills$ = indexerReads({ ...options, http: fills, specOf }).fillsSince(blockHeight(0));
    await expect(firstValueFrom(fills$)).rejects.toThrow(RangeError);
  });
});

const fillAt = (height: number, index: number) => ({
  ...fillObject,
  ticker: undefined,
  market: 'BTC-USD',
  id: `00000000-0000-5000-8000-${String(height * 1000 + index).padStart(12, '0')}`,
  createdAtHeight: String(height),
});

describe('fills since a height', () => {
  /** `perHeight` fills at each height from 1 to `top`; the venue's cursor and limit. */
  const history = (top: number, perHeight: number) => (url: URL) => {
    const { searchParams } = url;
    const limit = Number(searchParams.get('limit'));
    const until = Number(searchParams.get('createdBeforeOrAtHeight') ?? top);
    const fills = Array.from({ length: until * perHeight }, (_, index) =>
      fillAt(until - Math.floor(index / perHeight), index % perHeight),
    );
    return answer(200, { fills: fills.slice(0, limit) });
  };

  it('are complete, newest first and without doubles over several pages', async () => {
    const { asked, reads } = setup(history(100, 7));
    const fills = await firstValueFrom(reads.fillsSince(blockHeight(61)));
    expect(fills).toHaveLength(40 * 7);
    expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(40 * 7);
    expect(fills[0]?.height).toBe(100);
    expect(fills.at(-1)?.height).toBe(61);
    expect(asked.length).toBeLessThanOrEqual(4);
    for (const { url } of asked) expect(url).not.toContain('page');
  });

  it('need one request when one page reaches below the height', async () => {
    const { asked, reads } = setup(history(100, 1));
    expect(await firstValueFrom(reads.fillsSince(blockHeight(90)))).toHaveLength(11);
    expect(asked).toHaveLength(1);
  });

  it('that there are none are none', async () => {
    const { reads } = setup(() => answer(200, { fills: [] }));
    expect(await firstValueFrom(reads.fillsSince(blockHeight(0)))).toEqual([]);
  });

  it('of a height that fills a page are read in one greater page', async () => {
    const { reads, asked } = setup(history(5, 300));
    const fills = await firstValueFrom(reads.fillsSince(blockHeight(2)));
    expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(4 * 300);
    expect(asked.length).toBeLessThan(12);
  });

  it('fail when one height holds more than the greatest page, instead of losing some', async () => {
    const { reads } = setup(history(5, 1_000));
    expect(await failureOf(reads.fillsSince(blockHeight(1)))).toMatchObject({
      code: 'fills.incomplete',
      retryable: false,
    });
  });
});

describe('the budget of a bucket', () => {
  const height = () => answer(200, { height: '1', time: '' });

  it('lets a burst go at once and spaces the rest, and other buckets do not wait', async () => {
    const { asked, clock, reads } = setup((url) =>
      url.pathname.endsWith('height') ? height() : answer(200, { fills: [] }),
    );
    for (let index = 0; index < 22; index += 1) reads.indexerHeight().subscribe();
    reads.fillsSince(blockHeight(0)).subscribe();
    expect(asked).toHaveLength(21);
    await clock.advance(1000);
    expect(asked.slice(21).map(({ at }) => at)).toEqual([250, 500]);
  });

  it('is held for the milliseconds that the venue names, after a 429', async () => {
    const headers = { 'retry-after': '1500' };
    let status = 429;
    const { asked, clock, reads } = setup(() =>
      status === 429 ? answer(429, {}, headers) : height(),
    );
    await failureOf(reads.indexerHeight());
    status = 200;
    reads.indexerHeight().subscribe();
    await clock.advance(1499);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked.map(({ at }) => at)).toEqual([0, 1500]);
  });

  it('refuses who would wait a minute, without making others wait for it', async () => {
    const { asked, clock, reads } = setup(height);
    for (let index = 0; index < 260; index += 1) reads.indexerHeight().subscribe();
    expect(await failureOf(reads.indexerHeight())).toMatchObject({ code: 'rest.busy' });
    await clock.advance(60_000);
    expect(asked).toHaveLength(260);
  });

  it('of books is one of its own, so that the account never waits behind them', async () => {
    const { asked, clock, reads } = setup((url) =>
      url.pathname.endsWith('height') ? height() : answer(200, { bids: [], asks: [] }),
    );
    for (let index = 0; index < 60; index += 1) reads.book(BTC).subscribe();
    reads.indexerHeight().subscribe();
    expect(asked.filter(({ url }) => url.endsWith('height'))).toHaveLength(1);
    await clock.advance(9_999);
    expect(asked.length).toBeLessThanOrEqual(31);
  });

  it('is one for all readers that share it', async () => {
    const budget = new RestBudget();
    const both = [setup(height, budget), setup(height, budget)];
    for (const { reads } of both) {
      for (let index = 0; index < 15; index += 1) reads.indexerHeight().subscribe();
    }
    expect(both.map(({ asked }) => asked.length)).toEqual([15, 5]);
  });
});
