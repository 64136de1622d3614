/** The protocol's own side of a match: it looks like an order, but nobody has sent it. */
import type { Account } from './clearing-account.js';
import type { LiveOrder, ProtocolKind } from './memclob.js';
import type { OrderSide } from '../order-terms.js';

/** No order that can be sent has these flags. */
const PROTOCOL_FLAGS = -1;

export const protocolOrder = (
  kind: ProtocolKind,
  account: Account,
  terms: {
    readonly clobPairId: number;
    readonly side: OrderSide;
    readonly quantums: bigint;
    readonly subticks: bigint;
  },
): LiveOrder => ({
  key: `${kind}/${account.key}/${terms.clobPairId}`,
  account,
  kind,
  placed: {
    id: {
      subaccount: account.id,
      clientId: 0,
      orderFlags: PROTOCOL_FLAGS,
      clobPairId: terms.clobPairId,
    },
    side: terms.side,
    quantums: terms.quantums,
    subticks: terms.subticks,
    goodTilBlock: 0,
    goodTilBlockTime: 0,
    timeInForce: 'IOC',
    reduceOnly: false,
    clientMetadata: 0,
  },
  filled: 0n,
  isResting: false,
});
