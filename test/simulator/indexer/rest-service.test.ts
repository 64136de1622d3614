/** What surrounds every REST answer: headers, limits by client, a cache, and who is turned away. */
import { describe, expect, test } from 'vitest';
import { ACCOUNT, NOW, restOf } from '../../support/ask-rest.js';
import { OWNER, tellStory } from '../../support/venue-story.js';

describe('the cache header', () => {
  test.each([
    ['/height', undefined],
    ['/time', 'no-cache, no-store, no-transform'],
    ['/perpetualMarkets', 'public, max-age=1'],
    ['/perpetualMarkets?ticker=NOPE-USD', 'public, max-age=1'],
    ['/orderbooks/perpetualMarket/NOPE-USD', 'public, max-age=1'],
    ['/sparklines?timePeriod=ONE_DAY', 'public, max-age=10'],
    ['/historicalFunding/BTC-USD', 'public, max-age=10'],
    [`/fills?${ACCOUNT}`, 'public, max-age=1'],
    [`/historical-pnl?${ACCOUNT}`, 'public, max-age=10'],
    [`/fundingPayments?${ACCOUNT}`, 'public, max-age=10'],
    [`/compliance/screen/${OWNER}`, undefined],
    ['/screen', undefined],
    ['/nowhere', undefined],
  ])('of %s is %s', (target, expected) => {
    expect(restOf().ask(target).headers['cache-control']).toBe(expected);
  });
});

describe('rate limits', () => {
  test('count down within a window and tell its end in milliseconds', () => {
    const { ask, clock } = restOf();
    expect(ask('/height').headers).toEqual({
      'ratelimit-limit': '100',
      'ratelimit-remaining': '99',
      'ratelimit-reset': String(NOW + 10_000),
    });
    clock.now += 2500;
    expect(ask('/time').headers).toMatchObject({
      'ratelimit-remaining': '98',
      'ratelimit-reset': String(NOW + 10_000),
    });
  });

  test('refuse the 101st request, with a wait in milliseconds, until the window ends', () => {
    const { ask, clock } = restOf();
    for (let n = 0; n < 100; n += 1) expect(ask('/height').status).toBe(200);
    clock.now += 4000;
    expect(ask('/perpetualMarkets')).toEqual({
      status: 429,
      headers: {
        'ratelimit-limit': '100',
        'ratelimit-remaining': '0',
        'ratelimit-reset': String(NOW + 10_000),
        'retry-after': '6000',
      },
      body: { errors: [{ msg: 'Too many requests' }] },
    });
    clock.now += 6000;
    expect(ask('/height').status).toBe(200);
  });

  test('are counted by client and by bucket, and single orders have none', () => {
    const { ask } = restOf();
    for (let n = 0; n < 101; n += 1) ask('/height');
    expect(ask('/height').status).toBe(429);
    expect(ask('/height', '10.0.0.2').status).toBe(200);
    expect(ask(`/orders?${ACCOUNT}`).headers['ratelimit-remaining']).toBe('99');
    expect(ask(`/tradeHistory?${ACCOUNT}`).headers['ratelimit-remaining']).toBe('99');
    expect(ask(`/fills?${ACCOUNT}`).headers['ratelimit-remaining']).toBe('98');
    const candles = '/candles/perpetualMarkets/BTC-USD?resolution=1MIN';
    expect(ask(candles).headers['ratelimit-limit']).toBe('1000');
    const order = ask('/orders/d5292d3a-b3d5-5a50-9d1a-4163b0f302b8');
    expect(order).toMatchObject({ status: 200, headers: { 'cache-control': 'public, max-age=1' } });
    expect(order.headers).not.toHaveProperty('ratelimit-limit');
  });

  test('switched off count nothing', () => {
    const { ask } = restOf(tellStory(), { hasLimits: false });
    for (let n = 0; n < 200; n += 1) expect(ask('/height').status).toBe(200);
    expect(ask('/height').headers).toEqual({});
  });
});

describe('a cache in front', () => {
  test('gives the same body within the second, at no cost', () => {
    const story = tellStory();
    const { ask, clock } = restOf(story, { hasCache: true });
    const target = `/addresses/${OWNER}/subaccountNumber/0`;
    const first = ask(target);
    story.exchange.height += 1;
    story.state.note({ type: 'block', timeMs: NOW });
    clock.now += 999;
    expect(ask(target)).toEqual(first);
    clock.now += 1;
    expect(ask(target).body).toMatchObject({
      subaccount: { latestProcessedBlockHeight: '66624204' },
    });
  });

  test('keeps no refusal and nothing that may not be kept', () => {
    const story = tellStory();
    const { ask } = restOf(story, { hasCache: true });
    ask('/height');
    story.exchange.height += 1;
    expect(ask('/height').body).toMatchObject({ height: '66624204' });
    expect(ask('/fills').status).toBe(400);
    expect(ask('/fills').headers['ratelimit-remaining']).toBe('98');
  });
});

describe('compliance', () => {
  const blocked = {
    code: 'COMPLIANCE_BLOCKED',
    msg: expect.stringMatching(/^Because this address appears .* has been blocked\.$/) as string,
  };

  test.each([
    `/addresses/${OWNER}`,
    `/addresses/${OWNER}/subaccountNumber/0`,
    `/addresses/${OWNER}/parentSubaccountNumber/0`,
    `/orders?${ACCOUNT}`,
    `/fills?${ACCOUNT}`,
    `/transfers?${ACCOUNT}`,
    `/pnl?${ACCOUNT}`,
  ])('%s is refused to a blocked address', (target) => {
    const { ask, compliance } = restOf();
    expect(ask(target).status).toBe(200);
    compliance.set(OWNER, 'BLOCKED');
    expect(ask(target)).toMatchObject({ status: 403, body: { errors: [blocked] } });
  });

  test('markets and single orders are not asked for an address', () => {
    const { ask, compliance } = restOf();
    compliance.set(OWNER, 'BLOCKED');
    compliance.isRestricted = true;
    expect(ask('/perpetualMarkets').status).toBe(200);
    expect(ask('/orders/d5292d3a-b3d5-5a50-9d1a-4163b0f302b8').status).toBe(200);
  });

  test('a restricted country is turned away, unless the address may still close', () => {
    const { ask, compliance } = restOf();
    const target = `/fills?${ACCOUNT}`;
    const geoblocked = { status: 403, body: { errors: [{ code: 'GEOBLOCKED' }] } };
    expect(ask(target, '10.0.0.1', true)).toMatchObject(geoblocked);
    compliance.isRestricted = true;
    expect(ask(target)).toMatchObject(geoblocked);
    compliance.set(OWNER, 'FIRST_STRIKE_CLOSE_ONLY');
    expect(ask(target).status).toBe(200);
    compliance.set(OWNER, 'FIRST_STRIKE');
    expect(ask(target)).toMatchObject(geoblocked);
  });

  test('a bad request is refused for its parameters first', () => {
    const { ask, compliance } = restOf();
    compliance.set(OWNER, 'BLOCKED');
    expect(ask(`/fills?${ACCOUNT}&limit=0`).status).toBe(400);
  });

  test('screens tell the status', () => {
    const { ask, compliance } = restOf();
    expect(ask(`/compliance/screen/${OWNER}`).body).toEqual({ status: 'COMPLIANT' });
    expect(ask(`/screen?address=${OWNER}`).body).toEqual({ restricted: false });
    compliance.set(OWNER, 'BLOCKED');
    expect(ask(`/compliance/screen/${OWNER}`).body).toEqual({
      status: 'BLOCKED',
      reason: 'COMPLIANCE_PROVIDER',
      updatedAt: '2025-12-08T16:12:44.250Z',
    });
    expect(ask(`/screen?address=${OWNER}`).body).toEqual({
      restricted: true,
      reason: blocked.msg,
    });
  });

  test('only two new addresses a minute are screened for one client', () => {
    const { ask, clock } = restOf();
    const screen = (address: string) => ask(`/compliance/screen/${address}`).status;
    expect(['a', 'b', 'c', 'a'].map(screen)).toEqual([200, 200, 429, 200]);
    clock.now += 60_000;
    expect(screen('c')).toBe(200);
  });
});

test('rewards are none, and there are no vaults', () => {
  const { ask } = restOf();
  expect(ask('/historicalBlockTradingRewards/a').body).toEqual({ rewards: [] });
  const period = '/historicalTradingRewardAggregations/a?period=DAILY';
  expect(ask(period).body).toEqual({ rewards: [] });
  expect(ask('/vault/v1/megavault/positions').body).toEqual({ positions: [] });
});
