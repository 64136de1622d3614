/** The records of all subaccounts that anything was ever told of, seeded traders excepted. */
import { subaccountKey, type Account } from './clearing.js';
import type { SubaccountId } from '../order-terms.js';
import { SubaccountRecord } from './subaccount-record.js';

export class SubaccountRecords {
  readonly #records = new Map<string, SubaccountRecord>();

  /** The record of an account, opened empty if it is new. */
  of(account: Account): SubaccountRecord {
    let record = this.#records.get(account.key);
    if (record === undefined) {
      record = new SubaccountRecord(account);
      this.#records.set(account.key, record);
    }
    return record;
  }

  find(id: SubaccountId): SubaccountRecord | undefined {
    return this.#records.get(subaccountKey(id));
  }

  all(): IterableIterator<SubaccountRecord> {
    return this.#records.values();
  }
}
