/**
 * What a node checks of a transaction before its messages do anything, in the chain's order and
 * with its codes. Each rule answers a refusal or nothing; the first refusal counts.
 */
import type { WalletDenom } from '../chain-messages.js';
import type { CheckResult, Exchange } from '../exchange-types.js';
import type { AccountSequences } from './account-sequences.js';
import { addressOf } from './addresses.codec.js';
import type { AuthenticatorRegistry } from './authenticator-registry.js';
import { authenticate } from './authenticator-tree.codec.js';
import { sdkRefusal } from './check-results.js';
import { feeText, paidFee, requiredFee, NATIVE_DENOM, USDC_DENOM } from './coins.js';
import { gasForSize, isFree } from './gas.js';
import { isSignedFor, type Transaction } from './transaction.codec.js';
import { isOrderBookMessage, isShortTerm } from './transaction-messages.js';

const MEMO_CHARACTERS_MAX = 256;

export interface AnteContext {
  readonly chainId: string;
  readonly exchange: Exchange;
  readonly sequences: AccountSequences;
  readonly authenticators: AuthenticatorRegistry;
  /** The key that an account has signed with before. */
  publicKey(owner: string): Uint8Array | undefined;
  /** Fees of transactions that wait for their block. */
  pendingFees(payer: string, denom: WalletDenom): bigint;
}

type Rule = (transaction: Transaction, context: AnteContext) => CheckResult | undefined;

/** All accounts whose signature the messages need, in order of appearance. */
const signersOf = ({ messages }: Transaction): readonly string[] => [
  ...new Set(messages.map(({ signer }) => signer)),
];

/** Who pays and whose sequence counts. */
export const ownerOf = (transaction: Transaction): string => signersOf(transaction)[0] ?? '';

/** Protected by block windows alone: any sequence will do. */
export const skipsSequence = ({ messages }: Transaction): boolean => messages.every(isShortTerm);

const extensions: Rule = ({ hasCriticalExtensions }) =>
  hasCriticalExtensions ? sdkRefusal(31, 'unknown extension options') : undefined;

const messageShapes: Rule = ({ messages }) =>
  messages.length === 0
    ? sdkRefusal(18, 'must contain at least one message')
    : messages.find(({ refusal }) => refusal !== undefined)?.refusal;

const timeout: Rule = ({ timeoutHeight }, { exchange: { height } }) =>
  timeoutHeight > 0n && BigInt(height) > timeoutHeight
    ? sdkRefusal(30, `block height: ${height}, timeout height: ${timeoutHeight}`)
    : undefined;

const memo: Rule = ({ memo: text }) => {
  const length = Buffer.byteLength(text);
  const limit = `maximum number of characters is ${MEMO_CHARACTERS_MAX}`;
  return length > MEMO_CHARACTERS_MAX
    ? sdkRefusal(12, `${limit} but received ${length} characters`)
    : undefined;
};

const signatureCount: Rule = (transaction) => {
  const count = transaction.signatures.length;
  if (count === 0) return sdkRefusal(15, 'no signatures');
  const expected = signersOf(transaction).length;
  return count === expected && transaction.signers.length === expected
    ? undefined
    : sdkRefusal(4, `wrong number of signers; expected ${expected}, got ${count}`);
};

const gas: Rule = (transaction) => {
  const { gasLimit } = transaction.fee;
  const used = gasForSize(transaction);
  if (isFree(transaction) || gasLimit === 0n || gasLimit >= used) return undefined;
  return sdkRefusal(11, `out of gas in location: txSize; gasWanted: ${gasLimit}, gasUsed: ${used}`);
};

const fee: Rule = (transaction, context) => {
  const { exchange } = context;
  if (isFree(transaction)) return undefined;
  const { fee: offered } = transaction;
  if (offered.gasLimit === 0n) return sdkRefusal(41, 'must provide positive gas');
  const payer = offered.payer === '' ? ownerOf(transaction) : offered.payer;
  const paid = paidFee(offered);
  if (paid === undefined) {
    const usdc = `${requiredFee('usdc', offered.gasLimit)}${USDC_DENOM}`;
    const native = `${requiredFee('native', offered.gasLimit)}${NATIVE_DENOM}`;
    return sdkRefusal(
      13,
      `insufficient fees; got: ${feeText(offered)} required: ${native},${usdc}`,
    );
  }
  if (exchange.accountNumber(payer) === undefined) {
    return sdkRefusal(9, `fee payer address: ${payer} does not exist`);
  }
  const balance = exchange.wallet(payer)[paid.denom] - context.pendingFees(payer, paid.denom);
  return balance < paid.amount
    ? sdkRefusal(5, `spendable balance ${balance} is smaller than ${paid.amount}`)
    : undefined;
};

const account: Rule = (transaction, { exchange }) => {
  const owner = ownerOf(transaction);
  return exchange.accountNumber(owner) === undefined
    ? sdkRefusal(9, `account ${owner} does not exist`)
    : undefined;
};

const sequence: Rule = (transaction, { sequences, exchange }) =>
  skipsSequence(transaction)
    ? undefined
    : sequences.check({
        owner: ownerOf(transaction),
        sequence: transaction.signers[0]?.sequence ?? 0n,
        blockTimeMs: exchange.timeMs,
      });

/** The account's own key, or the authenticators that were chosen in its place. */
const authentication: Rule = (transaction, context) =>
  transaction.selectedAuthenticators.length === 0
    ? ownKey(transaction, context)
    : permissionedKey(transaction, context);

const ownKey: Rule = (transaction, context) => {
  const owner = ownerOf(transaction);
  const [signer] = transaction.signers;
  const publicKey = signer?.publicKey ?? context.publicKey(owner);
  if (publicKey === undefined) return sdkRefusal(8, 'pubkey on account is not set');
  if (addressOf(publicKey) !== owner) {
    return sdkRefusal(8, `pubKey does not match signer address ${owner} with signer index: 0`);
  }
  const domain = domainOf(owner, context);
  if (signer?.isDirect === true && isSignedFor(transaction, publicKey, domain)) return undefined;
  const { accountNumber, chainId } = domain;
  const what = `please verify account number (${accountNumber}) and chain-id (${chainId})`;
  return sdkRefusal(4, `signature verification failed; ${what}: (unable to verify single signer)`);
};

const permissionedKey: Rule = (transaction, context) => {
  const { messages, selectedAuthenticators: selected } = transaction;
  const owner = ownerOf(transaction);
  if (transaction.fee.payer !== '' && transaction.fee.payer !== owner) {
    return sdkRefusal(4, 'fee payer must be the first signer');
  }
  if (selected.length !== messages.length) {
    const counts = `msg count ${messages.length}, got ${selected.length} selected authenticators`;
    const what = 'Mismatch between the number of selected authenticators and messages';
    return sdkRefusal(18, `${what}, ${counts}`);
  }
  const domain = domainOf(owner, context);
  for (const [index, message] of messages.entries()) {
    const id = selected[index] ?? 0n;
    const authenticator = context.authenticators.find(message.signer, id);
    if (authenticator === undefined) {
      return sdkRefusal(4, `authenticator ${id} not found for account ${message.signer}`);
    }
    const refusal = authenticate(authenticator, {
      message,
      id: String(id),
      isSignedBy: (publicKey) => isSignedFor(transaction, publicKey, domain),
    });
    if (refusal === undefined) continue;
    const where = `message ${index}, authenticator id ${id}, type ${authenticator.kind}`;
    return { ...refusal, log: `authentication failed for ${where}: ${refusal.log}` };
  }
  return undefined;
};

const domainOf = (owner: string, { chainId, exchange }: AnteContext) => ({
  chainId,
  accountNumber: exchange.accountNumber(owner) ?? 0,
});

/**
 * A short-term message is alone in its transaction. Stateful orders may be together, and take one
 * transfer with them, but nothing else: their transaction is free of fees.
 */
const company: Rule = ({ messages }) => {
  if (!messages.some(isOrderBookMessage)) return undefined;
  if (messages.length > 1 && messages.some(isShortTerm)) {
    const rule = 'a transaction containing short term order may not contain more than one message';
    return sdkRefusal(18, rule);
  }
  const others = messages.filter((message) => !isOrderBookMessage(message));
  const transfers = others.filter(({ typeUrl }) => typeUrl === TRANSFER);
  if (transfers.length > 1) {
    const rule =
      'a transaction containing stateful orders can only be accompanied by 1 transfer msg';
    return sdkRefusal(18, rule);
  }
  const rule =
    'a transaction containing stateful orders cannot be accompanied by non transfer msgs';
  return others.length > transfers.length ? sdkRefusal(18, rule) : undefined;
};

const TRANSFER = '/dydxprotocol.sending.MsgCreateTransfer';

/** A transaction must not time out before the short-term order in it. */
const outlives: Rule = ({ messages, timeoutHeight }) => {
  const [content] = messages[0]?.contents ?? [];
  if (timeoutHeight === 0n || content?.type !== 'place') return undefined;
  const { goodTilBlock } = content.order;
  const rule = 'timeout height (if non-zero) may not be less than `goodTilBlock`';
  return timeoutHeight < BigInt(goodTilBlock)
    ? sdkRefusal(18, `${rule} for a short-term place order`)
    : undefined;
};

/** Needs no state but the height. */
const BASIC: readonly Rule[] = [extensions, messageShapes, timeout, memo];
const RULES: readonly Rule[] = [
  ...BASIC,
  signatureCount,
  gas,
  fee,
  account,
  sequence,
  authentication,
  company,
  outlives,
];
/** A simulation is not signed and need not offer a fee. */
const SIMULATION_RULES: readonly Rule[] = [...BASIC, account, sequence, company];

function first(rules: readonly Rule[], transaction: Transaction, context: AnteContext) {
  for (const rule of rules) {
    const refusal = rule(transaction, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

export const checkTransaction: Rule = (transaction, context) => first(RULES, transaction, context);
export const checkSimulation: Rule = (transaction, context) =>
  first(SIMULATION_RULES, transaction, context);
