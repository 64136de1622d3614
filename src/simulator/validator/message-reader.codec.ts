/** One message of a transaction's body, by its type URL. */
import {
  readAddAuthenticator,
  readDeposit,
  readRemoveAuthenticator,
  readSend,
  readTransfer,
  readWithdrawal,
} from './account-messages.codec.js';
import { sdkRefusal } from './check-results.js';
import {
  readBatchCancel,
  readCancelOrder,
  readPlaceOrder,
  readUpdateLeverage,
} from './clob-messages.codec.js';
import type { TransactionMessage } from './transaction-messages.js';

type Reader = (bytes: Uint8Array) => Omit<TransactionMessage, 'typeUrl'>;

/** Only a proposer may put these into a block. */
const injected: Reader = () => ({
  signer: '',
  refusal: sdkRefusal(18, 'app-injected msg must only be included in DeliverTx'),
  contents: [],
});

/** Only governance may have these executed. */
const internal: Reader = () => ({
  signer: '',
  refusal: sdkRefusal(18, 'internal msg cannot be submitted externally'),
  contents: [],
});

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['/dydxprotocol.clob.MsgPlaceOrder', readPlaceOrder],
  ['/dydxprotocol.clob.MsgCancelOrder', readCancelOrder],
  ['/dydxprotocol.clob.MsgBatchCancel', readBatchCancel],
  ['/dydxprotocol.clob.MsgUpdateLeverage', readUpdateLeverage],
  ['/dydxprotocol.sending.MsgCreateTransfer', readTransfer],
  ['/dydxprotocol.sending.MsgDepositToSubaccount', readDeposit],
  ['/dydxprotocol.sending.MsgWithdrawFromSubaccount', readWithdrawal],
  ['/cosmos.bank.v1beta1.MsgSend', readSend],
  ['/dydxprotocol.accountplus.MsgAddAuthenticator', readAddAuthenticator],
  ['/dydxprotocol.accountplus.MsgRemoveAuthenticator', readRemoveAuthenticator],
  ['/dydxprotocol.clob.MsgProposedOperations', injected],
  ['/dydxprotocol.prices.MsgUpdateMarketPrices', injected],
  ['/dydxprotocol.perpetuals.MsgAddPremiumVotes', injected],
  ['/dydxprotocol.bridge.MsgAcknowledgeBridges', injected],
  ['/dydxprotocol.clob.MsgUpdateClobPair', internal],
  ['/dydxprotocol.clob.MsgCreateClobPair', internal],
  ['/dydxprotocol.clob.MsgUpdateBlockRateLimitConfiguration', internal],
  ['/dydxprotocol.clob.MsgUpdateEquityTierLimitConfiguration', internal],
  ['/dydxprotocol.clob.MsgUpdateLiquidationsConfig', internal],
]);

/** Throws on an unknown type and on bytes that are not protobuf. */
export function readMessage(typeUrl: string, value: Uint8Array): TransactionMessage {
  const reader = READERS.get(typeUrl);
  if (reader === undefined) throw new TypeError(`unable to resolve type URL ${typeUrl}`);
  return { typeUrl, ...reader(value) };
}
