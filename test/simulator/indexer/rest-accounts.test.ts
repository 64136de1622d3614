/** REST about accounts: positions, balances, parents. */
import { expect, test } from 'vitest';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { OWNER, POSITION, tellStory, VIEW } from '../../support/venue-story.js';

test('a closed short position keeps its side and tells its exit', () => {
  const story = tellStory();
  story.exchange.closed.push({
    ...POSITION,
    quantums: 0n,
    maxQuantums: -125_000_000n,
    sumClose: 125_000_000n,
    sumCloseQuote: 1_123_125_000n,
    closed: true,
    openEventId: '03f89ac90000000200000000',
    closedAtMs: Date.parse('2025-12-08T16:12:42.000Z'),
  });
  expect(get(`/perpetualPositions?${ACCOUNT}&status=CLOSED`, story).body).toMatchObject({
    positions: [
      {
        side: 'SHORT',
        size: '0',
        maxSize: '-0.0125',
        entryPrice: '89950',
        exitPrice: '89850',
        realizedPnl: '1.25',
        closedAt: '2025-12-08T16:12:42.000Z',
      },
    ],
  });
});

test('a short position loses when the oracle rises, and a debt is a short balance', () => {
  const story = tellStory();
  story.exchange.subaccounts[0] = {
    ...VIEW,
    quoteQuantums: -5_000_000n,
    positions: [
      {
        ...POSITION,
        quantums: -125_000_000n,
        maxQuantums: -125_000_000n,
        sumOpenQuote: 1_120_000_000n,
      },
    ],
  };
  expect(get(`/addresses/${OWNER}/subaccountNumber/0`, story).body).toMatchObject({
    subaccount: {
      openPerpetualPositions: {
        'BTC-USD': { side: 'SHORT', size: '-0.0125', unrealizedPnl: '-4.019375' },
      },
      assetPositions: { USDC: { side: 'SHORT', size: '5' } },
    },
  });
});

test('the children of a parent are the numbers that are equal modulo 128', () => {
  const story = tellStory();
  const child = { owner: OWNER, number: 128 };
  story.exchange.subaccounts.push({ ...VIEW, subaccount: child, positions: [] });
  story.state.note({ type: 'fund', subaccount: child, quoteQuantums: 1n });
  expect(get(`/addresses/${OWNER}/parentSubaccountNumber/0`, story).body).toMatchObject({
    subaccount: {
      equity: '18900.939375',
      childSubaccounts: [{ subaccountNumber: 0 }, { subaccountNumber: 128 }],
    },
  });
});
