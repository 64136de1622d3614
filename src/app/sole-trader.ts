/**
 * Which lock a run must hold before it reads its journal: one for each account that it may send
 * for. An exchange that lives only as long as its service cannot be shared, and who sends nothing
 * needs no lock.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config-schema.js';
import { lockAccount, type AccountLock } from '../journal/account-lock.store.js';
import type { JournalIdentity } from '../ports/journal.js';

/** Throws a terminal `account.locked` while another process of this machine holds it. */
export function beSoleTrader(
  { endpoints, journal, mode, network }: Config,
  { address, subaccount }: JournalIdentity,
): AccountLock | undefined {
  const [restUrl = endpoints.restUrl] = endpoints.restUrls ?? [];
  const isOwnExchange = network === 'embedded' && restUrl === undefined;
  if (mode !== 'live' || isOwnExchange) return undefined;
  const where = network === 'embedded' ? ` ${restUrl}` : '';
  const folder = journal.locks ?? join(homedir(), '.perpetua', 'locks');
  return lockAccount(folder, `${network}${where} ${address}/${subaccount}`);
}
