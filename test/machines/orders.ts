/** Makers of order requests and fills for the tests of machines. */
import {
  blockHeight,
  clientId,
  fillId,
  marketId,
  orderId,
  price,
  size,
  unixMs,
} from '../../src/model/quantities.js';
import type { OrderRequest } from '../../src/model/order.js';

export const GOOD_TIL_BLOCK = 10;

const uuid = (kind: string, n: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

export const fillOf = (n: number) => fillId(uuid('f', n));

export const requestOf = (n: number, units = 2n): OrderRequest => ({
  orderId: orderId(uuid('a', n)),
  clientId: clientId(n),
  intentId: `sniper/BTC-USD/1.${n}`,
  strategy: 'sniper',
  market: marketId('BTC-USD'),
  side: 'buy',
  size: size(units),
  price: price(100n),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(GOOD_TIL_BLOCK),
  newestFrameAt: unixMs(0),
  heldMs: 0,
});
