/** Ids computed here are the ids that the venue publishes. */
import { expect, it } from 'vitest';
import { fillIdOf, orderIdOf, subaccountId } from '../../src/dydx/order-id.codec.js';
import { clientId } from '../../src/model/quantities.js';
import { fillUuid, orderUuid, subaccount } from './samples.js';

it('the id of a subaccount is known without asking', () => {
  expect(subaccountId(subaccount)).toBe('1cb3a8eb-d3d5-5c64-867b-bf10d8e9e2d2');
});

it('the id of an order that was captured on mainnet is computed', () => {
  const owner = { address: 'dydx1n56z5fhmemtffzkt2eqyf9kuc7ycjfs86mvqy7', number: 0 };
  const order = { subaccount: owner, clientId: clientId(1_700_756_032), venueNumber: 0 };
  expect(orderIdOf(order)).toBe('0f0981cb-152e-57d3-bea9-4d8e0dd5ed35');
});

it('the id of a short-term order is its default, of a long-term one follows from its flags', () => {
  const order = { subaccount, venueNumber: 0 };
  expect(orderIdOf({ ...order, clientId: clientId(2_718_281_828) })).toBe(orderUuid);
  expect(orderIdOf({ ...order, clientId: clientId(314_159_265), flags: 64 })).toBe(
    'd5292d3a-b3d5-5a50-9d1a-4163b0f302b8',
  );
});

it('the two sides of one match have different fill ids', () => {
  const event = '03f89ac80000000200000007';
  expect(fillIdOf(event, 'taker')).toBe(fillUuid);
  expect(fillIdOf(event, 'maker')).not.toBe(fillUuid);
});
