/** Who must hold a lock before anything is read or sent. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beSoleTrader } from '../../src/app/sole-trader.js';
import { loadConfig } from '../../src/config/load-config.js';

let locks = '';
beforeEach(() => {
  locks = mkdtempSync(join(tmpdir(), 'perpetua-locks-'));
});
afterEach(() => rmSync(locks, { recursive: true, force: true }));

const identity = { network: 'testnet', address: `dydx1${'a'.repeat(38)}`, subaccount: 0 };
const configOf = (flags: Readonly<Record<string, unknown>>) =>
  loadConfig({ environment: {}, flags: { journal: { locks }, ...flags } });

describe('the lock of an account', () => {
  it('is one for all processes that send for it, whatever their journals', () => {
    const first = configOf({ network: 'testnet', mode: 'live', journal: { locks, path: 'one' } });
    const second = configOf({ network: 'testnet', mode: 'live', journal: { locks, path: 'two' } });
    const lock = beSoleTrader(first, identity);
    expect(() => beSoleTrader(second, identity)).toThrow('another process of this machine');
    lock?.release();
    beSoleTrader(second, identity)?.release();
  });

  it('of an exchange that is shared names its address', () => {
    const endpoints = { restUrl: 'http://127.0.0.1:4000/v4' };
    const lock = beSoleTrader(configOf({ endpoints }), { ...identity, network: 'embedded' });
    expect(readdirSync(locks)[0]).toContain('127.0.0.1_4000');
    const other = { restUrl: 'http://127.0.0.1:4001/v4' };
    beSoleTrader(configOf({ endpoints: other }), { ...identity, network: 'embedded' })?.release();
    lock?.release();
  });

  it('is needed of a shared exchange with several addresses, too, once for each subaccount', () => {
    const config = configOf({ endpoints: { restUrls: ['http://127.0.0.1:4002/v4'] } });
    const lock = beSoleTrader(config, { ...identity, network: 'embedded' });
    expect(() => beSoleTrader(config, { ...identity, network: 'embedded' })).toThrow(
      'another process of this machine',
    );
    beSoleTrader(config, { ...identity, network: 'embedded', subaccount: 128 })?.release();
    lock?.release();
  });

  it.each([
    ['of an exchange of one’s own', {}],
    ['in shadow', { network: 'testnet', mode: 'shadow' }],
    ['on paper', { network: 'mainnet', mode: 'paper' }],
  ])('is not needed %s', (_, flags) => {
    expect(beSoleTrader(configOf(flags), identity)).toBeUndefined();
    expect(readdirSync(locks)).toEqual([]);
  });
});
