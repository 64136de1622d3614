/** Orders on chain as the signing thread is told of them, and the nonces that it signs them with. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  batchCancelMessage,
  cancelMessage,
  needsSequence,
  placeMessage,
} from '../../src/dydx/signer-messages.js';
import { nextNonce } from '../../src/dydx/timestamp-nonce.js';
import type { OrderRequest } from '../../src/model/order.js';
import { blockHeight, clientId, price, unixMs } from '../../src/model/quantities.js';
import { cancelOf } from '../../src/model/replacement.js';
import { unwrap } from '../../src/model/result.js';
import { NO_BLOCK, type StatefulTerms } from '../../src/model/stateful-order.js';
import { restingOrder } from '../support/signing-peer.js';
import { btc, subaccount } from './samples.js';

const SECONDS = 1_700_000_600;
const includeBy = unixMs(1_700_000_060_000);
const longTerm: StatefulTerms = {
  kind: 'longTerm',
  goodTilTime: unixMs(SECONDS * 1000),
  includeBy,
};
const stop: StatefulTerms = {
  ...longTerm,
  kind: 'conditional',
  trigger: { type: 'stopLoss', price: price(12n * btc.tick) },
};
const onChain = (stateful: StatefulTerms, change: Partial<OrderRequest> = {}): OrderRequest =>
  restingOrder(5, subaccount, { goodTilBlock: NO_BLOCK, stateful, ...change });
const signing = { expiresAt: unixMs(1), subaccountNumber: 0 };

describe('an order on chain', () => {
  it.each<[string, OrderRequest, object]>([
    ['that is long-term', onChain(longTerm), { orderFlags: 64, timeInForce: 0 }],
    [
      'that stops a loss',
      onChain(stop),
      { orderFlags: 32, conditionType: 1, triggerSubticks: '1200000' },
    ],
    [
      'that takes a profit',
      onChain({ ...stop, trigger: { type: 'takeProfit', price: price(btc.tick) } }),
      { orderFlags: 32, conditionType: 2, triggerSubticks: '100000' },
    ],
    [
      'that closes at once when its trigger is pulled',
      onChain(stop, { reduceOnly: true, timeInForce: 'ioc' }),
      { orderFlags: 32, reduceOnly: true, timeInForce: 1 },
    ],
  ])(
    '%s has its kind, its time and the last time to be taken, but no block',
    (_what, order, terms) => {
      const message = unwrap(placeMessage(order, btc, signing));
      expect(message).toMatchObject({ goodTilBlockTime: SECONDS, includeBy, ...terms });
      expect(message).not.toHaveProperty('goodTilBlock');
      const { orderFlags } = message;
      expect(cancelMessage(cancelOf(order), btc, 0)).toEqual({
        type: 'cancel',
        subaccountNumber: 0,
        clientId: 5,
        clobPairId: 0,
        orderFlags,
        goodTilBlockTime: SECONDS,
      });
    },
  );

  it.each<[string, OrderRequest, string]>([
    [
      'a part of a second',
      onChain({ ...longTerm, goodTilTime: unixMs(SECONDS * 1000 + 1) }),
      'order.good-til-time',
    ],
    [
      'a long-term order that would not rest',
      onChain(longTerm, { timeInForce: 'ioc' }),
      'order.long-term',
    ],
    [
      'a trigger off the tick',
      onChain({ ...stop, trigger: { type: 'stopLoss', price: price(1n) } }),
      'price.off-tick',
    ],
    [
      'a reduce-only order that would rest',
      onChain(stop, { reduceOnly: true }),
      'order.reduce-only',
    ],
  ])('is not made a message with %s', (_what, order, code) => {
    expect(placeMessage(order, btc, signing)).toMatchObject({ ok: false, error: { code } });
  });
});

test('the chain checks the sequence of orders on chain and their cancels, and of no others', () => {
  const placed = (order: OrderRequest) => unwrap(placeMessage(order, btc, signing));
  const canceled = (order: OrderRequest) => cancelMessage(cancelOf(order), btc, 0);
  const short = restingOrder(5, subaccount);
  const cancels = [{ spec: btc, clientIds: [clientId(1)] }];
  const batch = batchCancelMessage({ cancels, goodTilBlock: blockHeight(9) }, 0);
  for (const order of [onChain(longTerm), onChain(stop)]) {
    expect([placed(order), canceled(order)].map(needsSequence)).toEqual([true, true]);
  }
  expect([placed(short), canceled(short), batch].map(needsSequence)).toEqual([false, false, false]);
});

test('nonces are whole, rise whatever the clock does, and run ahead of it by the burst only', () => {
  const clock = fc.array(fc.double({ min: 1e12, max: 2e12, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(clock, (times) => {
      let last = 0;
      let highest = 0;
      for (const [index, now] of times.entries()) {
        const nonce = nextNonce(last, now);
        highest = Math.max(highest, Math.floor(now));
        expect(Number.isSafeInteger(nonce)).toBe(true);
        expect(nonce).toBeGreaterThan(last);
        expect(nonce).toBeGreaterThanOrEqual(highest);
        expect(nonce).toBeLessThanOrEqual(highest + index);
        last = nonce;
      }
    }),
  );
});
