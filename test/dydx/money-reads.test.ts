/** Funding, transfers and what margins scale with: exact, complete, oldest first. */
import { firstValueFrom, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { readFundingPayment, readTransfer } from '../../src/dydx/money-contents.js';
import { moneyReads } from '../../src/dydx/money-reads.client.js';
import { readMarkets, readMarketsUpdate } from '../../src/dydx/market-contents.js';
import { specOfMarket } from '../../src/dydx/units.js';
import { blockHeight, unixMs } from '../../src/model/quantities.js';
import { btcObject } from './samples.js';

const AT = '2025-12-08T16:00:00.000Z';
const funding = (height: number, payment = '-0.5', ticker = 'BTC-USD') => ({
  ticker,
  payment,
  createdAt: AT,
  createdAtHeight: String(height),
});
const transfer = (id: string, height: number, change = {}) => ({
  id,
  size: '1.5',
  symbol: 'USDC',
  type: 'TRANSFER_IN' as const,
  createdAt: AT,
  createdAtHeight: String(height),
  ...change,
});

/** Answers by page or cursor; remembers the paths. */
function setup(answer: (query: URLSearchParams) => unknown) {
  const asked: string[] = [];
  const get = <T>(bucket: string, path: string, read: (json: unknown) => T): Observable<T> => {
    asked.push(`${bucket} ${path}`);
    return of(read(answer(new URLSearchParams(path.split('?')[1]))));
  };
  return { asked, reads: moneyReads({ owner: 'address=a&subaccountNumber=0', get }) };
}

describe('funding payments', () => {
  it.each([
    ['-0.5', -500_000n],
    ['0.0000019', 1n],
    ['-0.0000001', -1n],
    ['-1.23456789012345678901', -1_234_568n],
    ['0', 0n],
  ])('of %s are rounded down to whole units', (text, payment) => {
    expect(readFundingPayment(funding(7, text))).toMatchObject({ payment, height: 7 });
  });

  it('are asked for since a time, page by page, and told oldest first', async () => {
    const full = Array.from({ length: 1_000 }, (_, index) => funding(2_000 - index));
    const { asked, reads } = setup((query) => ({
      fundingPayments: query.get('page') === '1' ? full : [funding(5)],
    }));
    const rows = await firstValueFrom(reads.fundingPayments(unixMs(Date.parse(AT) + 0.5)));
    expect(rows).toHaveLength(1_001);
    expect([rows[0]?.height, rows.at(-1)?.height]).toEqual([5, 2_000]);
    expect(asked).toEqual([
      `funding /fundingPayments?address=a&subaccountNumber=0&limit=1000&createdOnOrAfter=${AT}&page=1`,
      `funding /fundingPayments?address=a&subaccountNumber=0&limit=1000&createdOnOrAfter=${AT}&page=2`,
    ]);
  });

  it('that never end are refused rather than cut', async () => {
    const full = Array.from({ length: 1_000 }, () => funding(1));
    const { reads } = setup(() => ({ fundingPayments: full }));
    await expect(firstValueFrom(reads.fundingPayments(unixMs(0)))).rejects.toThrow('100 pages');
  });
});

describe('transfers', () => {
  it.each([
    ['TRANSFER_IN', 1_500_000n],
    ['DEPOSIT', 1_500_000n],
    ['TRANSFER_OUT', -1_500_000n],
    ['WITHDRAWAL', -1_500_000n],
  ] as const)('of kind %s have their sign', (type, amount) => {
    expect(readTransfer(transfer('a', 3, { type }))).toMatchObject([{ amount, transferId: 'a' }]);
  });

  it('of another asset are none of ours, and of less than nothing are unreadable', () => {
    expect(readTransfer(transfer('a', 3, { symbol: 'ATOM' }))).toEqual([]);
    expect(() => readTransfer(transfer('a', 3, { size: '-1' }))).toThrow('≥ 0');
  });

  it('are read back to a height, each once, and told oldest first', async () => {
    const newest = Array.from({ length: 1_000 }, (_, index) =>
      transfer(`n${index}`, 900 - index / 2),
    );
    const rounded = newest.map((row) => ({
      ...row,
      createdAtHeight: String(Math.floor(Number(row.createdAtHeight))),
    }));
    const { asked, reads } = setup((query) => ({
      transfers:
        query.get('createdBeforeOrAtHeight') === null
          ? rounded
          : [rounded.at(-1), transfer('old', 100)],
    }));
    const rows = await firstValueFrom(reads.transfers(blockHeight(200)));
    expect(rows).toHaveLength(1_000);
    expect([rows[0]?.height, rows.at(-1)?.height]).toEqual([400, 900]);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('createdBeforeOrAtHeight=400');
    expect(await firstValueFrom(reads.transfers(blockHeight(500)))).toHaveLength(801);
    expect(asked).toHaveLength(3);
  });
});

describe('open interest', () => {
  it('comes with markets, in snapshots and statistics', () => {
    const markets = { 'BTC-USD': { ...btcObject, openInterest: '381.7102' } };
    const held = 381_710_200_000_000_000_000n;
    const told = { type: 'openInterest', market: 'BTC-USD', held };
    expect(readMarkets({ markets }).at(-1)).toEqual(told);
    const update = {
      trading: { 'BTC-USD': { openInterest: '381.7102' }, odd: { openInterest: '1' } },
    };
    expect(readMarketsUpdate(update)).toEqual([told]);
    const none = { trading: { 'BTC-USD': { openInterest: null } } };
    expect(readMarketsUpdate(none)).toEqual([]);
    expect(() => readMarketsUpdate({ trading: { 'BTC-USD': { openInterest: '-1' } } })).toThrow();
  });

  it.each([
    ['40000000', '100000000', { lower: 40_000_000_000_000n, upper: 100_000_000_000_000n }],
    ['0', '0', undefined],
    [null, null, undefined],
  ])('has caps %s and %s', (openInterestLowerCap, openInterestUpperCap, openInterestCaps) => {
    const market = { ...btcObject, openInterestLowerCap, openInterestUpperCap };
    const spec = specOfMarket(market);
    expect(spec.ok && spec.value.openInterestCaps).toEqual(openInterestCaps);
  });

  it.each([
    ['2', '1', 'market.caps'],
    ['-1', '1', 'market.caps'],
    ['x', '1', 'decimal.syntax'],
    ['1', '', 'decimal.syntax'],
  ])('with caps %s and %s is refused', (openInterestLowerCap, openInterestUpperCap, code) => {
    const market = { ...btcObject, openInterestLowerCap, openInterestUpperCap };
    expect(specOfMarket(market)).toMatchObject({ ok: false, error: { code } });
  });
});
