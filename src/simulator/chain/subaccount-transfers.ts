/** Money between subaccounts, as transactions ask for it. */
import { isPermitted, type Clearing } from './clearing.js';
import type { CheckResult } from '../exchange-types.js';
import type { Delivery, MoneyMessage, MoneyModule } from './money-module.js';
import type { SubaccountRecord } from './subaccount-record.js';
import type { Account } from './clearing.js';

type Transfer = Extract<MoneyMessage, { readonly type: 'transfer' }>;

export class SubaccountTransfers implements MoneyModule {
  readonly #clearing: Clearing;
  readonly #record: (account: Account) => SubaccountRecord;

  constructor(clearing: Clearing, record: (account: Account) => SubaccountRecord) {
    this.#clearing = clearing;
    this.#record = record;
  }

  check(message: MoneyMessage): CheckResult | undefined {
    if (message.type !== 'transfer') {
      return sending(1, `${message.type} is not supported by this exchange`);
    }
    if (message.quoteQuantums <= 0n) return sending(3, 'invalid transfer amount');
    const { from, to } = message;
    const isSame = from.owner === to.owner && from.number === to.number;
    return isSame ? sending(2, 'sender is the same as recipient') : undefined;
  }

  checkFee(): undefined {
    return undefined;
  }

  chargeFee(): undefined {
    return undefined;
  }

  execute(message: MoneyMessage, delivery: Delivery): CheckResult | undefined {
    return message.type === 'transfer' ? this.#transfer(message, delivery) : this.check(message);
  }

  #transfer({ from, to, quoteQuantums }: Transfer, delivery: Delivery): CheckResult | undefined {
    const sender = this.#clearing.open(from);
    const after = { ...sender, quoteQuantums: sender.quoteQuantums - quoteQuantums };
    if (!isPermitted(this.#clearing.risk(sender), this.#clearing.risk(after))) {
      return {
        code: 404,
        codespace: 'subaccounts',
        log: `${sender.key}: newly undercollateralized`,
      };
    }
    const recipient = this.#clearing.open(to);
    this.#move(sender, -quoteQuantums, delivery);
    this.#move(recipient, quoteQuantums, delivery);
    const { height, timeMs, transactionHash } = delivery;
    delivery.emit({
      type: 'transfer',
      transfer: {
        eventId: delivery.nextEventId(),
        sender: { address: from.owner, number: from.number },
        recipient: { address: to.owner, number: to.number },
        quoteQuantums,
        height,
        timeMs,
        transactionHash,
      },
      publisher: 'ender',
    });
    return undefined;
  }

  #move(account: Account, quoteQuantums: bigint, delivery: Delivery): void {
    const record = this.#record(account);
    const { isFunded, updatedAtHeight } = record;
    delivery.revert(() => {
      account.quoteQuantums -= quoteQuantums;
      record.quoteQuantums -= quoteQuantums;
      record.isFunded = isFunded;
      record.updatedAtHeight = updatedAtHeight;
    });
    account.quoteQuantums += quoteQuantums;
    record.quoteQuantums += quoteQuantums;
    record.isFunded = true;
    record.updatedAtHeight = delivery.height;
    delivery.emit({
      type: 'subaccount',
      subaccount: account.id,
      positions: [],
      quoteQuantums: record.quoteQuantums,
      publisher: 'ender',
    });
  }
}

const sending = (code: number, log: string): CheckResult => ({ code, codespace: 'sending', log });
