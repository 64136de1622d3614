/**
 * Money between wallets and subaccounts, gas fees and custom leverage, as transactions ask for
 * them. CheckTx looks only at the shape and at the fee; everything else fails in the block.
 */
import type { Account } from './clearing-account.js';
import type { ChainTransaction, ExchangeTransfer } from '../chain-messages.js';
import { refuse } from './validate-basic.js';
import type { Clearing } from './clearing.js';
import type { CheckResult } from '../exchange-types.js';
import { customLeverage } from './custom-leverage.js';
import type { Delivery, MoneyMessage, MoneyModule } from './money-module.js';
import type { SubaccountId } from '../order-terms.js';
import type { SubaccountRecord } from './subaccount-record.js';
import type { WithdrawalGate } from './withdrawal-gate.js';

const SUBACCOUNT_NUMBER_MAX = 128_000;
const CUSTOM_IMF_MAX = 1_000_000;

type Message<T extends MoneyMessage['type']> = Extract<MoneyMessage, { readonly type: T }>;
type Party = ExchangeTransfer['sender'];

export interface MoneyTransfersOptions {
  readonly clearing: Clearing;
  readonly gate: WithdrawalGate;
  readonly record: (account: Account) => SubaccountRecord;
  /** Opens an address for transactions; answers how to take that back. */
  readonly admit: (owner: string) => () => void;
}

export class MoneyTransfers implements MoneyModule {
  readonly #options: MoneyTransfersOptions;

  constructor(options: MoneyTransfersOptions) {
    this.#options = options;
  }

  check(message: MoneyMessage): CheckResult | undefined {
    switch (message.type) {
      case 'transfer':
        return checkAmount(message.quoteQuantums) ?? checkParties(message.from, message.to);
      case 'deposit':
        return checkAmount(message.quoteQuantums) ?? checkNumber(message.to);
      case 'withdraw':
        return checkAmount(message.quoteQuantums) ?? checkNumber(message.from);
      case 'send':
        return message.amount > 0n ? undefined : sdk(10, `${message.amount}: invalid coins`);
      case 'updateLeverage':
        break;
    }
    return checkNumber(message.subaccount) ?? checkLeverage(message);
  }

  checkFee(
    { feePayer, feeDenom, fee }: ChainTransaction,
    pending: readonly ChainTransaction[],
  ): CheckResult | undefined {
    if (fee === 0n) return undefined;
    const before = pending
      .filter((other) => other.feePayer === feePayer && other.feeDenom === feeDenom)
      .reduce((sum, other) => sum + other.fee, 0n);
    const balance = this.#options.clearing.wallets.of(feePayer)[feeDenom];
    return before + fee > balance ? insufficient(balance - before, fee) : undefined;
  }

  chargeFee({ feePayer, feeDenom, fee }: ChainTransaction): CheckResult | undefined {
    if (fee === 0n) return undefined;
    const { wallets, treasury } = this.#options.clearing;
    if (!wallets.add(feePayer, feeDenom, -fee)) {
      return insufficient(wallets.of(feePayer)[feeDenom], fee);
    }
    if (feeDenom === 'usdc') treasury.collectFee(fee);
    return undefined;
  }

  execute(message: MoneyMessage, delivery: Delivery): CheckResult | undefined {
    switch (message.type) {
      case 'transfer':
        return this.#transfer(message, delivery);
      case 'deposit':
        return this.#deposit(message, delivery);
      case 'withdraw':
        return this.#withdraw(message, delivery);
      case 'send':
        return this.#send(message, delivery);
      case 'updateLeverage':
        break;
    }
    const { clearing } = this.#options;
    return customLeverage(clearing, message, delivery);
  }

  #transfer({ from, to, quoteQuantums }: Message<'transfer'>, delivery: Delivery) {
    const refusal = this.#refuseWithdrawal(from, quoteQuantums, delivery);
    if (refusal !== undefined) return refusal;
    this.#admit(to.owner, delivery);
    this.#move(from, -quoteQuantums, delivery);
    this.#move(to, quoteQuantums, delivery);
    return tell(delivery, partyOf(from), partyOf(to), quoteQuantums);
  }

  #deposit({ fromAddress, to, quoteQuantums }: Message<'deposit'>, delivery: Delivery) {
    const unpaid = this.#pay(fromAddress, -quoteQuantums, delivery);
    if (unpaid !== undefined) return unpaid;
    this.#admit(to.owner, delivery);
    this.#move(to, quoteQuantums, delivery);
    return tell(delivery, walletOf(fromAddress), partyOf(to), quoteQuantums);
  }

  #withdraw({ from, toAddress, quoteQuantums }: Message<'withdraw'>, delivery: Delivery) {
    const refusal =
      this.#refuseWithdrawal(from, quoteQuantums, delivery) ??
      this.#pay(toAddress, quoteQuantums, delivery);
    if (refusal !== undefined) return refusal;
    this.#admit(toAddress, delivery);
    this.#move(from, -quoteQuantums, delivery);
    return tell(delivery, partyOf(from), walletOf(toAddress), quoteQuantums);
  }

  #send({ fromAddress, toAddress, denom, amount }: Message<'send'>, delivery: Delivery) {
    const refusal =
      this.#pay(fromAddress, -amount, delivery, denom) ??
      this.#pay(toAddress, amount, delivery, denom);
    if (refusal === undefined) this.#admit(toAddress, delivery);
    return refusal;
  }

  #refuseWithdrawal(from: SubaccountId, quoteQuantums: bigint, { height }: Delivery) {
    const { clearing, gate } = this.#options;
    const account = clearing.account(from);
    const isPermitted = account !== undefined && clearing.permitsWithdrawal(account, quoteQuantums);
    const reason = !isPermitted
      ? 'NewlyUndercollateralized'
      : gate.isShut(clearing.poolOf(account), height)
        ? 'WithdrawalsAndTransfersBlocked'
        : undefined;
    if (reason === undefined) return undefined;
    const log = `Subaccount with id ${from.owner}/${from.number} failed with: ${reason}`;
    const suffix = 'failed to apply subaccount updates';
    return { code: 102, codespace: 'subaccounts', log: `${log}: ${suffix}` };
  }

  #pay(
    address: string,
    amount: bigint,
    delivery: Delivery,
    denom: Message<'send'>['denom'] = 'usdc',
  ): CheckResult | undefined {
    const { wallets } = this.#options.clearing;
    if (!wallets.add(address, denom, amount)) {
      return amount < 0n
        ? insufficient(wallets.of(address)[denom], -amount)
        : sdk(18, 'no further wallet can be opened: invalid request');
    }
    delivery.revert(() => void wallets.add(address, denom, -amount));
    return undefined;
  }

  #admit(owner: string, delivery: Delivery): void {
    delivery.revert(this.#options.admit(owner));
  }

  #move(id: SubaccountId, quoteQuantums: bigint, delivery: Delivery): void {
    const { clearing } = this.#options;
    const account = clearing.open(id);
    const record = this.#options.record(account);
    const restore = record.restorer();
    const unsettle = clearing.settleFunding(account);
    delivery.revert(() => {
      account.quoteQuantums -= quoteQuantums;
      unsettle();
      restore();
    });
    account.quoteQuantums += quoteQuantums;
    const positions = record.transferred(quoteQuantums, delivery.height);
    delivery.emit({
      type: 'subaccount',
      subaccount: id,
      positions,
      quoteQuantums: record.quoteQuantums,
      publisher: 'ender',
    });
  }
}

const walletOf = (address: string): Party => ({ address, number: undefined });
const partyOf = ({ owner, number }: SubaccountId): Party => ({ address: owner, number });

function tell(
  delivery: Delivery,
  sender: Party,
  recipient: Party,
  quoteQuantums: bigint,
): undefined {
  const { height, timeMs, transactionHash } = delivery;
  const eventId = delivery.nextEventId();
  const moved = { eventId, sender, recipient, quoteQuantums };
  const transfer: ExchangeTransfer = { ...moved, height, timeMs, transactionHash };
  delivery.emit({ type: 'transfer', transfer, publisher: 'ender' });
}

const sdk = (code: number, log: string): CheckResult => ({ code, codespace: 'sdk', log });
const sending = (code: number, log: string): CheckResult => ({ code, codespace: 'sending', log });

const insufficient = (balance: bigint, needed: bigint): CheckResult =>
  sdk(5, `spendable balance ${balance} is smaller than ${needed}: insufficient funds`);

const checkAmount = (quoteQuantums: bigint): CheckResult | undefined =>
  quoteQuantums > 0n ? undefined : sending(2, 'Invalid transfer amount');

const checkNumber = ({ number }: SubaccountId): CheckResult | undefined =>
  Number.isInteger(number) && number >= 0 && number <= SUBACCOUNT_NUMBER_MAX
    ? undefined
    : {
        code: 200,
        codespace: 'subaccounts',
        log: `subaccount id number cannot exceed ${SUBACCOUNT_NUMBER_MAX}`,
      };

function checkParties(from: SubaccountId, to: SubaccountId): CheckResult | undefined {
  const isSame = from.owner === to.owner && from.number === to.number;
  if (isSame) return sending(1, 'Sender is the same as recipient');
  return checkNumber(from) ?? checkNumber(to);
}

function checkLeverage({ entries }: Message<'updateLeverage'>): CheckResult | undefined {
  const isUnique = new Set(entries.map(({ clobPairId }) => clobPairId)).size === entries.length;
  const isWithin = entries.every(
    ({ customImfPpm }) => customImfPpm > 0 && customImfPpm <= CUSTOM_IMF_MAX,
  );
  return entries.length > 0 && isUnique && isWithin
    ? undefined
    : refuse(11002, 'expected different clob pairs with fractions of 1 to 1000000 ppm');
}
