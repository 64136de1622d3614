/**
 * One process of this machine for one account, whatever folder its journal lies in. The lock is one
 * on a file that the system lets go of when the process ends, however it ends.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Failure } from '../model/result.js';

export interface AccountLock {
  readonly path: string;
  release(): void;
}

const BUSY = 5;

/** `name` says which account on which network. Throws a terminal `account.locked` or `.lock`. */
export function lockAccount(folder: string, name: string): AccountLock {
  const path = join(folder, `${name.replaceAll(/[^\w.-]/g, '_')}.lock`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      chmodSync(path, 0o600);
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    return { path, release: () => database.close() };
  } catch (error) {
    throw failureOf(error, path, name);
  }
}

function failureOf(error: unknown, path: string, name: string): Failure {
  const { errcode, message } = error as { errcode?: number; message?: string };
  const isBusy = errcode !== undefined && (errcode & 0xff) === BUSY;
  return isBusy
    ? new Failure('account.locked', `another process of this machine trades ${name} (${path})`, {
        retryable: false,
        cause: error,
      })
    : new Failure('account.lock', `the lock ${path} cannot be taken: ${message}`, {
        retryable: false,
        cause: error,
      });
}
