/** The records of all subaccounts that anything was ever told of, seeded traders excepted. */
import { subaccountKey, type Account } from './clearing-account.js';
import type { MarginBook } from './margin.js';
import type { ExchangeTransfer } from '../chain-messages.js';
import type { SubaccountId } from '../order-terms.js';
import { SubaccountRecord } from './subaccount-record.js';

export class SubaccountRecords {
  readonly #margins: MarginBook;
  readonly #records = new Map<string, SubaccountRecord>();

  constructor(margins: MarginBook) {
    this.#margins = margins;
  }

  /** The record of an account, opened empty if it is new. */
  of(account: Account): SubaccountRecord {
    let record = this.#records.get(account.key);
    if (record === undefined) {
      record = new SubaccountRecord(account, this.#margins);
      this.#records.set(account.key, record);
    }
    return record;
  }

  /** Of every subaccount that takes part. */
  remember(transfer: ExchangeTransfer): void {
    for (const { address, number } of [transfer.sender, transfer.recipient]) {
      if (number !== undefined) this.find({ owner: address, number })?.transfers.push(transfer);
    }
  }

  find(id: SubaccountId): SubaccountRecord | undefined {
    return this.#records.get(subaccountKey(id));
  }

  all(): IterableIterator<SubaccountRecord> {
    return this.#records.values();
  }
}
