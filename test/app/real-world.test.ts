/** Keys and settings at the door to the real world: what is refused, and with which words. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { pinoLog } from '../../src/app/pino-log.js';
import { makeTokens, realWorld } from '../../src/app/real-world.js';
import { asksPassphrase } from '../../src/app/signing-key.js';
import { loadConfig } from '../../src/config/load-config.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { sealKeystore } from '../../src/dydx/keystore.codec.js';
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

const OWNER = `dydx1${'q'.repeat(38)}`;
const PASSPHRASE = 'correct horse battery';
const CHEAP = { opsLimit: 1, memLimitKib: 64 };
const sealed = JSON.stringify(
  await sealKeystore({
    privateKey: unwrap(readPrivateKey(KEY)),
    passphrase: PASSPHRASE,
    chance: (length) => new Uint8Array(length).fill(7),
    derivation: CHEAP,
  }),
);
const keystore = keyFile(sealed);
const passphraseFile = keyFile(`${PASSPHRASE}\n`);
const live = {
  network: 'testnet',
  mode: 'live',
  'account.keyFile': keystore,
  'account.passphraseFile': passphraseFile,
} as const;
const trading = { 'account.address': OWNER, 'account.authenticator': 3 } as const;

describe('the key', () => {
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'a file that others may read',
      { 'account.keyFile': keyFile(KEY, 0o644) },
      /readable by others/,
    ],
    [
      'a passphrase that others may read',
      { ...live, ...trading, 'account.passphraseFile': keyFile(PASSPHRASE, 0o640) },
      /readable by others/,
    ],
    ['a file that holds no key', { 'account.keyFile': keyFile('zz') }, /neither a keystore nor/],
    ['a keystore that is none', { 'account.keyFile': keyFile('{"format": 1}') }, /not a keystore/],
    ['a file that is not there', { 'account.keyFile': '/nowhere/key' }, /ENOENT/],
    [
      'a key in the clear on a real network',
      { 'account.keyFile': keyFile(KEY) },
      /in the clear: put it into/,
    ],
    [
      'a keystore without a passphrase',
      { ...live, ...trading, 'account.passphraseFile': undefined },
      /needs a passphrase/,
    ],
    [
      'an empty passphrase',
      { ...live, ...trading, 'account.passphraseFile': keyFile('\n') },
      /needs a passphrase/,
    ],
    [
      'an address that is not the key’s',
      { ...live, 'account.address': OWNER },
      /or account.authenticator/,
    ],
    [
      'an authenticator without its owner',
      { ...live, 'account.authenticator': 3 },
      /to be the owner's/,
    ],
    [
      'an authenticator of the key itself',
      { ...live, 'account.authenticator': 3, 'account.address': ADDRESS },
      /to be the owner's/,
    ],
    ["the owner's key on a real network", live, /can withdraw everything/],
    ['live trading without one', { network: 'testnet', mode: 'live' }, /needs a key file or a key/],
    ['two keys', { 'account.keyFile': keystore, 'account.keyCredential': 'key' }, /not both/],
    [
      'a credential where systemd has given none',
      { 'account.keyCredential': 'key' },
      /no credentials/,
    ],
    [
      'an address of a kind, and a list of that kind',
      { 'endpoints.rpcUrl': 'https://a', 'endpoints.rpcUrls': ['https://b'] },
      /expected it or rpcUrls/,
    ],
  ])('%s is refused', (_, flags, words) => {
    expect(() => open({ network: 'testnet', ...flags })).toThrow(words);
    for (const secret of [KEY, PASSPHRASE]) {
      expect(() => open({ network: 'testnet', ...flags })).not.toThrow(secret);
    }
  });

  it('of the owner trades on a real network only when that is asked for by its name', async () => {
    const { world, secrets, lines, log } = open({
      ...live,
      'account.acceptKeyThatCanWithdraw': true,
    });
    expect(world.subaccount).toEqual({ address: ADDRESS, number: 0 });
    expect(secrets.has(PASSPHRASE)).toBe(true);
    log.write('info', 'leak', { note: `the passphrase is ${PASSPHRASE}` });
    expect(lines.join()).not.toContain(PASSPHRASE);
    expect(lines.join()).toContain('[redacted]');
    await world.close();
  });

  it("of a trader trades for its owner's account", async () => {
    const { world } = open({ ...live, ...trading });
    expect(world.subaccount).toEqual({ address: OWNER, number: 0 });
    await world.close();
  });

  it('in a keystore needs no passphrase to watch: its address is public', async () => {
    const { world, secrets } = open({ network: 'testnet', 'account.keyFile': keystore });
    expect(world.subaccount?.address).toBe(ADDRESS);
    expect(secrets.size).toBe(0);
    await world.close();
  });

  it('comes from a credential of systemd, whatever its mode is, and so does a passphrase', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'key'), `${KEY}\n`, { mode: 0o440 });
    writeFileSync(join(folder, 'word'), `${PASSPHRASE}\n`);
    vi.stubEnv('CREDENTIALS_DIRECTORY', folder);
    const flags = { network: 'testnet', mode: 'live', ...trading } as const;
    const byKey = open({ ...flags, 'account.keyCredential': 'key' });
    expect(byKey.world.subaccount?.address).toBe(OWNER);
    expect(byKey.secrets.has(KEY)).toBe(true);
    const passphraseCredential = { 'account.passphraseCredential': 'word' };
    const byWord = open({ ...flags, 'account.keyFile': keystore, ...passphraseCredential });
    expect([...byWord.secrets]).toEqual([PASSPHRASE]);
    expect(() => open({ ...flags, 'account.keyCredential': 'other' })).toThrow(/ENOENT/);
    expect(() => open({ ...flags, 'account.keyCredential': 'word' })).toThrow(/64 hex digits/);
    expect(() => open({ ...flags, 'account.keyCredential': '../key' })).toThrow(/without slashes/);
    vi.unstubAllEnvs();
    await Promise.all([byKey.world.close(), byWord.world.close()]);
  });

  it('in the clear is for exchanges of our own', async () => {
    const { world, secrets } = open({
      network: 'embedded',
      'account.keyFile': keyFile(`${KEY}\n`),
    });
    expect(world.subaccount).toEqual({ address: ADDRESS, number: 0 });
    expect(secrets.has(KEY)).toBe(true);
    await world.close();
  });

  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    [
      'a keystore without a word on its passphrase',
      { ...live, 'account.passphraseFile': undefined },
      true,
    ],
    ['one with a file', live, false],
    [
      'one that is only watched with',
      { ...live, mode: 'shadow', 'account.passphraseFile': undefined },
      false,
    ],
    ['a key in the clear', { mode: 'live', 'account.keyFile': keyFile(KEY) }, false],
    ['no key', {}, false],
  ])('%s: is a passphrase asked for? %s', (_what, flags, isAsked) => {
    const config = loadConfig({ environment: {}, flags });
    expect(asksPassphrase(config)).toBe(isAsked);
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

it('keys to a provider in the path of an address are secrets', async () => {
  const secret = '0123456789abcdef0123';
  const { world, lines, log } = open({
    network: 'testnet',
    'endpoints.rpcUrls': [`https://rpc.example/${secret}/`, 'https://other.example'],
  });
  log.write('warn', 'leak', { reason: `POST https://rpc.example/${secret}/: cut` });
  expect(lines.join()).toContain('rpc.example');
  expect(lines.join()).not.toContain(secret);
  await world.close();
});

it('a faucet that cannot be reached is asked again, and its answer is taken', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('/')[1]}`);
    if (asked.length === 1) return void request.socket.destroy();
    response.writeHead(request.method === 'GET' ? 404 : 503).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { world, lines } = open({
    'endpoints.restUrl': `http://127.0.0.1:${port}/v4`,
    'endpoints.socketUrl': `ws://127.0.0.1:${port}/v4/ws`,
    'endpoints.rpcUrl': `http://127.0.0.1:${port}`,
  });
  const insight = { view: () => undefined, height: () => undefined, specOf: () => undefined };
  await expect(world.boot(insight)).rejects.toThrow('the faucet said 503');
  expect(asked).toEqual(['GET v4', 'GET v4', 'POST faucet']);
  expect(lines.join('')).toMatch(/"what":"faucet".*"msg":"venue.unreachable"/);
  await world.close();
  server.close();
});

it('an end while the faucet cannot be reached is the end', async () => {
  const { world } = open({
    'endpoints.restUrl': 'http://127.0.0.1:9/v4',
    'endpoints.socketUrl': 'ws://127.0.0.1:9/v4/ws',
    'endpoints.rpcUrl': 'http://127.0.0.1:9',
  });
  const insight = { view: () => undefined, height: () => undefined, specOf: () => undefined };
  const boot = expect(world.boot(insight)).rejects.toThrow('ended while booting');
  await vi.waitFor(() => expect(existsSync(world.folder)).toBe(true));
  await world.close();
  await boot;
  expect(existsSync(world.folder)).toBe(false);
});
