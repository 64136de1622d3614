/** The key of an order of this account, by its number and its market. */
import { orderFlags, orderIdOf } from '../dydx/order-id.codec.js';
import type { Subaccount } from '../model/account.js';
import type { MarketSpec } from '../model/market.js';
import { orderId, type ClientId, type MarketId, type OrderId } from '../model/quantities.js';
import type { Lifetime } from '../model/stateful-order.js';

/** Without an account there are no orders: all have the same key. */
export const ownOrderId =
  (subaccount: Subaccount | undefined, specOf: (market: MarketId) => MarketSpec | undefined) =>
  (clientId: ClientId, market: MarketId, lifetime?: Lifetime): OrderId =>
    subaccount === undefined
      ? orderId('00000000-0000-0000-0000-000000000000')
      : orderIdOf({
          subaccount,
          clientId,
          venueNumber: specOf(market)?.venueNumber ?? 0,
          flags: orderFlags(lifetime),
        });
