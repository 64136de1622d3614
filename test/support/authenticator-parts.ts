/** Configurations of authenticators as the chain stores them. */

export interface Part {
  readonly type: string;
  readonly config: Uint8Array;
}

export const PLACE = '/dydxprotocol.clob.MsgPlaceOrder';
export const CANCEL = '/dydxprotocol.clob.MsgCancelOrder';
export const BATCH_CANCEL = '/dydxprotocol.clob.MsgBatchCancel';
export const WITHDRAW = '/dydxprotocol.sending.MsgWithdrawFromSubaccount';
export const TRANSFER = '/dydxprotocol.sending.MsgCreateTransfer';
export const SEND = '/cosmos.bank.v1beta1.MsgSend';

const part = (type: string, config: string): Part => ({ type, config: Buffer.from(config) });
const composite = (type: string, ...parts: readonly Part[]): Part =>
  part(
    type,
    JSON.stringify(
      parts.map(({ type, config }) => ({ type, config: Buffer.from(config).toString('base64') })),
    ),
  );

export const signature = (publicKey: Uint8Array): Part => ({
  type: 'SignatureVerification',
  config: publicKey,
});
export const messages = (...typeUrls: readonly string[]): Part =>
  part('MessageFilter', typeUrls.join(','));
export const subaccounts = (...numbers: readonly number[]): Part =>
  part('SubaccountFilter', numbers.join(','));
export const markets = (...numbers: readonly number[]): Part =>
  part('ClobPairIdFilter', numbers.join(','));
export const raw = part;
export const allOf = (...parts: readonly Part[]): Part => composite('AllOf', ...parts);
export const anyOf = (...parts: readonly Part[]): Part => composite('AnyOf', ...parts);

/** Orders and cancels of one subaccount in one market: what a trading key should be given. */
export const tradingOnly = (publicKey: Uint8Array): Part =>
  allOf(
    signature(publicKey),
    anyOf(messages(PLACE), messages(CANCEL), messages(BATCH_CANCEL)),
    subaccounts(0),
    markets(0),
  );
