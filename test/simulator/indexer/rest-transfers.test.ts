/** REST about moving money and funding: directions, parents, pages, and what is left out. */
import { describe, expect, test } from 'vitest';
import type { ExchangeTransfer } from '../../../src/simulator/chain-messages.js';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { FILLED_AT, OWNER, SUBACCOUNT, tellStory, VIEW } from '../../support/venue-story.js';

const PARENT = `address=${OWNER}&parentSubaccountNumber=0`;
const own = { address: OWNER, number: 0 };
const child = { address: OWNER, number: 128 };
const wallet = { address: OWNER, number: undefined };
const other = { address: 'dydx1other', number: 3 };

const transfer = (
  height: number,
  sender: ExchangeTransfer['sender'],
  recipient: ExchangeTransfer['sender'],
): ExchangeTransfer => ({
  eventId: height.toString(16).padStart(24, '0'),
  sender,
  recipient,
  quoteQuantums: BigInt(height) * 1_500_000n,
  height,
  timeMs: FILLED_AT + height,
  transactionHash: 'AB',
});

/** Newest first, as the exchange tells them. */
function moved() {
  const story = tellStory();
  story.exchange.subaccounts.push({ ...VIEW, subaccount: { owner: OWNER, number: 128 } });
  story.state.noteOutput({
    type: 'subaccount',
    subaccount: { owner: OWNER, number: 128 },
    positions: [],
    quoteQuantums: 1n,
    publisher: 'ender',
  });
  story.exchange.moved.push(
    transfer(5, own, child),
    transfer(4, other, own),
    transfer(3, own, other),
    transfer(2, own, wallet),
    transfer(1, wallet, own),
  );
  return story;
}

const types = (body: unknown) =>
  (body as { transfers: { type: string; size: string }[] }).transfers.map(
    ({ type, size }) => `${type} ${size}`,
  );

describe('transfers', () => {
  test('say their direction as seen from the subaccount', () => {
    expect(types(get(`/transfers?${ACCOUNT}`, moved()).body)).toEqual([
      'TRANSFER_OUT 7.5',
      'TRANSFER_IN 6',
      'TRANSFER_OUT 4.5',
      'WITHDRAWAL 3',
      'DEPOSIT 1.5',
    ]);
  });

  test('name a wallet without a number', () => {
    const { body } = get(`/transfers?${ACCOUNT}&createdBeforeOrAtHeight=1`, moved());
    expect(body).toEqual({
      transfers: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          sender: { address: OWNER },
          recipient: { address: OWNER, subaccountNumber: 0 },
          size: '1.5',
          createdAt: '2025-12-08T16:12:41.319Z',
          createdAtHeight: '1',
          symbol: 'USDC',
          type: 'DEPOSIT',
          transactionHash: 'AB',
        },
      ],
    });
  });

  test('come in pages with totals, newest first all the same', () => {
    const { body } = get(`/transfers?${ACCOUNT}&page=2&limit=2`, moved());
    expect(types(body)).toEqual(['TRANSFER_OUT 4.5', 'WITHDRAWAL 3']);
    expect(body).toMatchObject({ pageSize: 2, totalResults: 5, offset: 2 });
  });

  test('between the children of a parent are not told to it', () => {
    const { body } = get(`/transfers/parentSubaccountNumber?${PARENT}&limit=2`, moved());
    expect(types(body)).toEqual(['TRANSFER_IN 6', 'TRANSFER_OUT 4.5']);
    expect(body).toMatchObject({
      transfers: [
        {
          sender: { address: 'dydx1other', parentSubaccountNumber: 3 },
          recipient: { address: OWNER, parentSubaccountNumber: 0 },
        },
        {},
      ],
    });
  });

  test('of nobody are a 404, singular even for a parent', () => {
    const nobody = 'address=dydx1x&subaccountNumber=07';
    expect(get(`/transfers?${nobody}`)).toMatchObject({
      status: 404,
      body: {
        errors: [{ msg: 'No subaccount found with address dydx1x and subaccountNumber 07' }],
      },
    });
    const { body } = get(
      '/transfers/parentSubaccountNumber?address=dydx1x&parentSubaccountNumber=7',
    );
    expect(body).toEqual({
      errors: [{ msg: 'No subaccount found with address dydx1x and parentSubaccountNumber 7' }],
    });
  });

  test('between two subaccounts sum up to what the recipient has got', () => {
    const ends = `sourceAddress=${OWNER}&sourceSubaccountNumber=0&recipientAddress=dydx1other`;
    const { body } = get(`/transfers/between?${ends}&recipientSubaccountNumber=3`, moved());
    expect(body).toMatchObject({
      transfersSubset: [
        { type: 'TRANSFER_IN', size: '6' },
        { type: 'TRANSFER_OUT', size: '4.5' },
      ],
      totalNetTransfers: '-1.5',
    });
  });
});

describe('funding payments', () => {
  const payment = {
    clobPairId: 0,
    quantums: -125_000_000n,
    rate1hE12: 12_500_000n,
    priceE12: 89_921_550_000_000_000n,
    payment: 14_051n,
    fundingIndex: 1_124_000n,
    height: 66_624_100,
    timeMs: FILLED_AT,
  };

  function paid() {
    const story = tellStory();
    story.exchange.paid.push(
      { ...payment, clobPairId: 1, height: 66_624_101, timeMs: FILLED_AT + 1 },
      payment,
      { ...payment, payment: 0n, height: 66_624_099, timeMs: FILLED_AT - 1 },
    );
    return story;
  }
  const heights = (target: string) =>
    (get(target, paid()).body as { fundingPayments: { createdAtHeight: string }[] }).fundingPayments
      .map(({ createdAtHeight }) => createdAtHeight.slice(-3))
      .join(' ');

  test('have a subaccount number that is text, as the client wrote it', () => {
    const target = `/fundingPayments?address=${OWNER}&subaccountNumber=00&ticker=BTC-USD`;
    expect(get(target, paid()).body).toEqual({
      fundingPayments: [
        {
          subaccountNumber: '00',
          createdAt: '2025-12-08T16:12:41.318Z',
          createdAtHeight: '66624100',
          perpetualId: '0',
          ticker: 'BTC-USD',
          oraclePrice: '89921.55',
          size: '-0.0125',
          side: 'SHORT',
          rate: '0.0000125',
          payment: '0.014051',
          fundingIndex: '11240',
        },
      ],
    });
  });

  test.each([
    ['', '101 100'],
    ['&limit=1', '101'],
    ['&createdOnOrAfter=2025-12-08T16:12:41.319Z', '101'],
    ['&showZeroPayments=true', '101 100 099'],
    ['&showZeroPayments=false', '101 100 099'],
    ['&page=2&limit=1', '100'],
  ])('with "%s" are %s', (filter, expected) => {
    expect(heights(`/fundingPayments?${ACCOUNT}${filter}`)).toBe(expected);
  });

  test('of a parent ignore the ticker', () => {
    expect(heights(`/fundingPayments/parentSubaccount?${PARENT}&ticker=BTC-USD`)).toBe('101 100');
  });

  test('of nobody are none', () => {
    expect(get('/fundingPayments?address=x&subaccountNumber=1').status).toBe(200);
    expect(SUBACCOUNT.number).toBe(0);
  });
});

test('funding history is newest first and bounded', () => {
  const story = tellStory();
  for (const height of [12, 11, 10]) {
    const timeMs = FILLED_AT + height;
    story.exchange.rates.push({
      clobPairId: 0,
      rate1hE12: -12_500_000n,
      priceE12: 1_500_000_000_000n,
      height,
      timeMs,
    });
  }
  const target = '/historicalFunding/BTC-USD?limit=1&effectiveBeforeOrAtHeight=11';
  expect(get(target, story).body).toEqual({
    historicalFunding: [
      {
        ticker: 'BTC-USD',
        rate: '-0.0000125',
        price: '1.5',
        effectiveAtHeight: '11',
        effectiveAt: '2025-12-08T16:12:41.329Z',
      },
    ],
  });
});
