/** REST about profit: hours, days, parents, bounds. */
import { expect, test } from 'vitest';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { OWNER, tellStory, VIEW } from '../../support/venue-story.js';

const PARENT = `address=${OWNER}&parentSubaccountNumber=0`;
const at = (text: string) => Date.parse(`2025-12-${text}Z`);

/** Every subaccount has the same looks: three in two days, newest first. */
function looked() {
  const story = tellStory();
  const look = { totalPnl: -2_000_000n, netTransfers: 5_000_000n };
  story.exchange.looks.push(
    { ...look, equity: 30_000_000n, height: 300, timeMs: at('08T01:00:07.000') },
    { ...look, equity: 20_000_000n, height: 200, timeMs: at('08T00:00:07.000') },
    { ...look, equity: 10_000_000n, height: 100, timeMs: at('07T23:00:07.000') },
  );
  return story;
}

test('ticks are hourly looks with height and time of their block', () => {
  expect(get(`/historical-pnl?${ACCOUNT}&createdBeforeOrAtHeight=100`, looked()).body).toEqual({
    historicalPnl: [
      {
        equity: '10',
        totalPnl: '-2',
        netTransfers: '5',
        createdAt: '2025-12-07T23:00:07.000Z',
        blockHeight: '100',
        blockTime: '2025-12-07T23:00:07.000Z',
      },
    ],
  });
});

const equities = (target: string, story = looked()) => {
  const body = get(target, story).body as Record<string, { equity: string }[] | undefined>;
  return (body['historicalPnl'] ?? body['pnl'] ?? []).map(({ equity }) => equity).join(' ');
};

test.each([
  ['', '30 20 10'],
  ['&limit=1', '30'],
  ['&page=2&limit=2', '10'],
  ['&createdOnOrAfterHeight=200', '30 20'],
  ['&createdOnOrAfter=2025-12-08T00:30:00Z', '30'],
  ['&createdBeforeOrAt=2025-12-08', '10'],
])('with "%s" both forms show %s', (filter, expected) => {
  expect(equities(`/historical-pnl?${ACCOUNT}${filter}`)).toBe(expected);
  expect(equities(`/pnl?${ACCOUNT}${filter}`)).toBe(expected);
});

test('daily shows the first look of each day, at its beginning', () => {
  expect(get(`/pnl?${ACCOUNT}&daily=true&page=1&limit=1`, looked()).body).toEqual({
    pnl: [
      {
        equity: '20',
        netTransfers: '5',
        totalPnl: '-2',
        createdAt: '2025-12-08T00:00:00.000Z',
        createdAtHeight: '200',
      },
    ],
    pageSize: 1,
    totalResults: 2,
    offset: 0,
  });
  expect(equities(`/pnl?${ACCOUNT}&daily=false`)).toBe('30 20 10');
});

test('a parent adds up its children by the hour', () => {
  const story = looked();
  const child = { owner: OWNER, number: 128 };
  story.exchange.subaccounts.push({ ...VIEW, subaccount: child });
  story.state.note({ type: 'fund', subaccount: child, quoteQuantums: 1n });
  expect(equities(`/historical-pnl/parentSubaccountNumber?${PARENT}`, story)).toBe('60 40 20');
  expect(equities(`/pnl/parentSubaccountNumber?${PARENT}&daily=1`, story)).toBe('40 20');
});

test.each([
  ['/historical-pnl', 'subaccountNumber', 'No subaccount found with'],
  ['/pnl', 'subaccountNumber', 'No subaccount found with'],
  ['/historical-pnl/parentSubaccountNumber', 'parentSubaccountNumber', 'No subaccounts found with'],
  ['/pnl/parentSubaccountNumber', 'parentSubaccountNumber', 'No PnL data found for'],
])('%s of nobody is a 404 in its own words', (path, name, words) => {
  expect(get(`${path}?address=dydx1x&${name}=7`)).toEqual({
    status: 404,
    body: { errors: [{ msg: `${words} address dydx1x and ${name} 7` }] },
  });
});
