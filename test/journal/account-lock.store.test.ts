/** One process of this machine for one account: a second is refused, and a dead one is forgotten. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockAccount } from '../../src/journal/account-lock.store.js';

const NAME = 'testnet dydx1abc/0';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perpetua-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a second lock of the same account is refused with its name, another account’s is not', () => {
  const lock = lockAccount(folder, NAME);
  expect(() => lockAccount(folder, NAME)).toThrow(
    'another process of this machine trades testnet dydx1abc/0',
  );
  const other = lockAccount(folder, 'testnet dydx1abc/1');
  expect(statSync(lock.path).mode & 0o777).toBe(0o600);
  lock.release();
  lockAccount(folder, NAME).release();
  other.release();
});

it('a folder that cannot be made is said', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => lockAccount(join(file, 'below'), NAME)).toThrow('cannot be taken');
});

it('a process that is killed leaves no lock behind', async () => {
  const { path, release } = lockAccount(folder, NAME);
  release();
  const script = `
    const { DatabaseSync } = require('@photostructure/sqlite');
    const database = new DatabaseSync(process.argv[1]);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    console.log('locked');
    setInterval(() => database, 1000);`;
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 2] });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  expect(() => lockAccount(folder, NAME)).toThrow('another process');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  lockAccount(folder, NAME).release();
});
