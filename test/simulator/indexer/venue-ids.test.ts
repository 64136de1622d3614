/** The ids of the venue against values that its real indexer gave. */
import { expect, test } from 'vitest';
import {
  fillUuid,
  orderUuid,
  subaccountUuid,
} from '../../../src/simulator/indexer/venue-ids.codec.js';

const subaccount = { owner: 'dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4', number: 0 };
const event = '03f89ac80000000200000007';

test.each([
  ['subaccount', subaccountUuid(subaccount), '1cb3a8eb-d3d5-5c64-867b-bf10d8e9e2d2'],
  [
    'short-term order',
    orderUuid({ subaccount, clientId: 2_718_281_828, orderFlags: 0, clobPairId: 0 }),
    '78086eda-77ea-5c7f-b7e3-2357333d30b0',
  ],
  [
    'long-term order',
    orderUuid({ subaccount, clientId: 314_159_265, orderFlags: 64, clobPairId: 0 }),
    'd5292d3a-b3d5-5a50-9d1a-4163b0f302b8',
  ],
  ['fill', fillUuid(event, 'TAKER'), 'b7ea3e7b-e1d8-5906-964d-0f2b97f34579'],
])('a %s has the id that the indexer gives it', (_kind, id, expected) => {
  expect(id).toBe(expected);
});
