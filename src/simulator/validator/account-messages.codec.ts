/** Messages that move money or change who may sign, protobuf to the exchange's vocabulary. */
import { MsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx.js';
import { isAddress } from './addresses.codec.js';
import { sdkRefusal } from './check-results.js';
import { readSubaccount } from './clob-messages.codec.js';
import { walletDenom } from './coins.js';
import {
  checkAccount,
  checkAmount,
  checkAuthenticatorData,
  checkDifferent,
  checkSubaccount,
} from './message-rules.codec.js';
import { accountplus, MsgCreateTransfer, sending, wireInteger } from './proto-codecs.codec.js';
import type { MessageContent, TransactionMessage } from './transaction-messages.js';

type Read = Omit<TransactionMessage, 'typeUrl'>;

const read = (
  signer: string,
  refusal: TransactionMessage['refusal'],
  content: MessageContent,
): Read => ({ signer, refusal, contents: refusal === undefined ? [content] : [] });

export function readTransfer(bytes: Uint8Array): Read {
  const { transfer } = MsgCreateTransfer.decode(bytes);
  if (transfer === undefined) throw new TypeError('expected a transfer');
  const [from, to] = [readSubaccount(transfer.sender), readSubaccount(transfer.recipient)];
  const quoteQuantums = wireInteger(transfer.amount);
  const refusal =
    checkSubaccount(from) ??
    checkSubaccount(to) ??
    checkDifferent(from, to) ??
    checkAmount(transfer.assetId, quoteQuantums);
  return read(from.owner, refusal, { type: 'transfer', from, to, quoteQuantums });
}

export function readDeposit(bytes: Uint8Array): Read {
  const { sender, recipient, assetId, quantums } = sending.MsgDepositToSubaccount.decode(bytes);
  const to = readSubaccount(recipient);
  const quoteQuantums = wireInteger(quantums);
  const refusal =
    checkAccount(sender) ?? checkSubaccount(to) ?? checkAmount(assetId, quoteQuantums);
  return read(sender, refusal, { type: 'deposit', fromAddress: sender, to, quoteQuantums });
}

export function readWithdrawal(bytes: Uint8Array): Read {
  const { sender, recipient, assetId, quantums } = sending.MsgWithdrawFromSubaccount.decode(bytes);
  const from = readSubaccount(sender);
  const quoteQuantums = wireInteger(quantums);
  const refusal =
    checkSubaccount(from) ?? checkAccount(recipient) ?? checkAmount(assetId, quoteQuantums);
  return read(from.owner, refusal, {
    type: 'withdraw',
    from,
    toAddress: recipient,
    quoteQuantums,
  });
}

/** The bank has no check before execution: what is wrong with it shows in the block. */
export function readSend(bytes: Uint8Array): Read {
  const { fromAddress, toAddress, amount } = MsgSend.decode(bytes);
  const vain = (code: 5 | 7 | 10, reason: string): MessageContent => ({
    type: 'vain',
    refusal: sdkRefusal(code, reason),
  });
  if (!isAddress(toAddress)) {
    return { signer: fromAddress, contents: [vain(7, `invalid to address: ${toAddress}`)] };
  }
  const contents = amount.map((coin): MessageContent => {
    const denom = walletDenom(coin.denom);
    if (!/^[1-9]\d*$/.test(coin.amount)) return vain(10, `${coin.amount}${coin.denom}`);
    return denom === undefined
      ? vain(5, `spendable balance 0${coin.denom} is smaller than ${coin.amount}${coin.denom}`)
      : { type: 'send', fromAddress, toAddress, denom, amount: BigInt(coin.amount) };
  });
  return { signer: fromAddress, contents: contents.length === 0 ? [vain(10, '')] : contents };
}

export function readAddAuthenticator(bytes: Uint8Array): Read {
  const { sender, authenticatorType, data } = accountplus.MsgAddAuthenticator.decode(bytes);
  return read(sender, checkAuthenticatorData(sender, data), {
    type: 'addAuthenticator',
    owner: sender,
    kind: authenticatorType,
    config: Uint8Array.from(data),
  });
}

export function readRemoveAuthenticator(bytes: Uint8Array): Read {
  const { sender, id } = accountplus.MsgRemoveAuthenticator.decode(bytes);
  return read(sender, checkAuthenticatorData(sender, new Uint8Array()), {
    type: 'removeAuthenticator',
    owner: sender,
    id: wireInteger(id),
  });
}
