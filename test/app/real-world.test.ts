/** Keys and settings at the door to the real world: what is refused, and with which words. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pinoLog } from '../../src/app/pino-log.js';
import { makeTokens, realWorld } from '../../src/app/real-world.js';
import { loadConfig } from '../../src/config/load-config.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { unwrap } from '../../src/model/result.js';
import { PROGRAM, temporaryFolder } from '../support/built-program.js';

const KEY = keyFromSeed('a test');
const ADDRESS = addressOfKey(unwrap(readPrivateKey(KEY)));

function keyFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'key');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function open(flags: Readonly<Record<string, unknown>>) {
  const secrets = new Set<string>();
  const config = loadConfig({
    environment: {},
    flags: { 'journal.path': temporaryFolder(), ...flags },
  });
  const lines: string[] = [];
  const log = pinoLog({
    level: 'info',
    secrets,
    destination: { write: (line: string) => void lines.push(line) },
  });
  const world = realWorld({
    config,
    version: '0',
    program: PROGRAM,
    log,
    secrets,
    meter: { observe: () => undefined },
    onExchangeEnd: () => undefined,
  });
  return { world, secrets, lines, log };
}

describe('the key', () => {
  it.each([
    [
      'a file that others may read',
      { 'account.keyFile': keyFile(KEY, 0o644) },
      /readable by others/,
    ],
    ['a file that holds no key', { 'account.keyFile': keyFile('zz') }, /holds no private key/],
    ['a file that is not there', { 'account.keyFile': '/nowhere/key' }, /ENOENT/],
    [
      'an address that is not the key’s',
      { 'account.keyFile': keyFile(KEY), 'account.address': `dydx1${'q'.repeat(38)}` },
      /which is the key's/,
    ],
    [
      'live trading without one',
      { network: 'testnet', mode: 'live' },
      /live trading needs a key file/,
    ],
  ])('%s is refused', (_, flags, words) => {
    expect(() => open({ network: 'testnet', ...flags })).toThrow(words);
    expect(() => open({ network: 'testnet', ...flags })).not.toThrow(KEY);
  });

  it('comes from its file, gives the account, and is a secret from then on', async () => {
    const { world, secrets, lines, log } = open({
      network: 'testnet',
      mode: 'live',
      'account.keyFile': keyFile(`${KEY}\n`),
    });
    expect(world.subaccount).toEqual({ address: ADDRESS, number: 0 });
    expect(secrets.has(KEY)).toBe(true);
    log.write('info', 'leak', { note: `the key is ${KEY}` });
    expect(lines.join()).not.toContain(KEY);
    expect(lines.join()).toContain('[redacted]');
    await world.close();
  });

  it('is made from the seed on the embedded network, another for another seed', async () => {
    const [one, two] = [open({ seed: 1 }), open({ seed: 2 })];
    expect(one.world.subaccount?.address).toMatch(/^dydx1/);
    expect(one.world.subaccount?.address).not.toBe(two.world.subaccount?.address);
    await Promise.all([one.world.close(), two.world.close()]);
  });

  it('is not needed to watch, nor to trade on paper', async () => {
    const shadow = open({ network: 'testnet' });
    expect([
      shadow.world.subaccount,
      shadow.world.hearsAccount,
      shadow.world.subscribesPerSecond,
    ]).toEqual([undefined, false, 2]);
    const watched = open({ network: 'testnet', 'account.address': ADDRESS });
    expect([watched.world.subaccount?.address, watched.world.hearsAccount]).toEqual([
      ADDRESS,
      true,
    ]);
    const paper = open({ network: 'testnet', mode: 'paper' });
    expect(paper.world.hearsAccount).toBe(false);
    await Promise.all([shadow.world.close(), watched.world.close(), paper.world.close()]);
  });
});

it('tokens are made of chance and are secrets at once', () => {
  const secrets = new Set<string>();
  const { read, trade } = makeTokens(secrets);
  expect(read).toMatch(/^[\w-]{32}$/);
  expect(read).not.toBe(trade);
  expect([...secrets]).toEqual([read, trade]);
});
