/** Sealed keys: what opens them, what does not, and what never shows. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyFromSeed, addressOfKey, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { isKeystore, readKeystore, type Keystore } from '../../src/dydx/keystore-form.js';
import { KEY_DERIVATION, openKeystore, sealKeystore } from '../../src/dydx/keystore.codec.js';
import { readKeystoreFile, writeKeystore } from '../../src/dydx/keystore.store.js';
import { keyOfMnemonic, mnemonicOf } from '../../src/dydx/mnemonic.codec.js';
import { unwrap } from '../../src/model/result.js';
import { temporaryFolder } from '../support/built-program.js';

const CHEAP = { opsLimit: 1, memLimitKib: 64 };
const PASSPHRASE = 'correct horse battery';
const hex = keyFromSeed('keystore');
const privateKey = unwrap(readPrivateKey(hex));
let drawn = 0;
const chance = (length: number) => new Uint8Array(length).fill((drawn += 1));
const seal = (passphrase = PASSPHRASE) =>
  sealKeystore({ privateKey, passphrase, chance, derivation: CHEAP });
const codeOf = async (keystore: Keystore, passphrase = PASSPHRASE): Promise<string> => {
  const opened = await openKeystore(keystore, passphrase);
  return opened.ok ? 'opened' : opened.error.code;
};
const flipped = (text: string): string => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;

describe('a keystore', () => {
  it('is opened by its passphrase, however that was typed, and by no other', async () => {
    const keystore = await seal('pässphrase of mine');
    const opened = await openKeystore(keystore, 'pa\u0308ssphrase of mine');
    expect(unwrap(opened)).toEqual(privateKey);
    expect(await codeOf(keystore, 'passphrase of mine')).toBe('keystore.locked');
    expect(await codeOf(keystore, '')).toBe('keystore.locked');
  });

  it('tells in the clear whose key it holds, and how its passphrase is worked on', async () => {
    const keystore = await seal();
    expect(keystore).toMatchObject({
      address: addressOfKey(privateKey),
      kdf: { name: 'argon2id', ...CHEAP },
      cipher: { name: 'xchacha20poly1305-ietf' },
    });
    expect(KEY_DERIVATION).toEqual({ opsLimit: 3, memLimitKib: 65_536 });
    const text = JSON.stringify(keystore);
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(text).not.toContain(Buffer.from(privateKey).toString(encoding));
    }
    expect(text).not.toContain(PASSPHRASE);
  });

  it('is sealed otherwise each time, under the same passphrase too', async () => {
    const [one, two] = [await seal(), await seal()];
    expect(one.kdf.salt).not.toBe(two.kdf.salt);
    expect(one.cipher.nonce).not.toBe(two.cipher.nonce);
    expect(one.cipher.sealed).not.toBe(two.cipher.sealed);
  });

  it.each<[string, (keystore: Keystore) => Keystore, string]>([
    [
      'sealed bytes',
      (k) => ({ ...k, cipher: { ...k.cipher, sealed: flipped(k.cipher.sealed) } }),
      'keystore.locked',
    ],
    [
      'nonce',
      (k) => ({ ...k, cipher: { ...k.cipher, nonce: flipped(k.cipher.nonce) } }),
      'keystore.locked',
    ],
    ['salt', (k) => ({ ...k, kdf: { ...k.kdf, salt: flipped(k.kdf.salt) } }), 'keystore.locked'],
    ['passes', (k) => ({ ...k, kdf: { ...k.kdf, opsLimit: 2 } }), 'keystore.locked'],
    ['memory', (k) => ({ ...k, kdf: { ...k.kdf, memLimitKib: 65 } }), 'keystore.locked'],
    ['address', (k) => ({ ...k, address: `dydx1${'q'.repeat(38)}` }), 'keystore.mismatch'],
    ['public key', (k) => ({ ...k, publicKey: `02${'0'.repeat(64)}` }), 'keystore.mismatch'],
    ['length of the salt', (k) => ({ ...k, kdf: { ...k.kdf, salt: 'AAAA' } }), 'keystore.form'],
    [
      'length of the nonce',
      (k) => ({ ...k, cipher: { ...k.cipher, nonce: 'AAAA' } }),
      'keystore.form',
    ],
  ])('whose %s was changed is refused', async (_what, change, code) => {
    expect(await codeOf(change(await seal()))).toBe(code);
  });

  it.each<[string, (keystore: Keystore) => unknown]>([
    ['of another version', (k) => ({ ...k, version: 2 })],
    ['of another format', (k) => ({ ...k, format: 'other' })],
    ['with a key that nobody knows', (k) => ({ ...k, privateKey: 'x' })],
    ['that would occupy the machine', (k) => ({ ...k, kdf: { ...k.kdf, memLimitKib: 2 ** 30 } })],
    ['that would never be opened', (k) => ({ ...k, kdf: { ...k.kdf, opsLimit: 1_000 } })],
    ['with another cipher', (k) => ({ ...k, cipher: { ...k.cipher, name: 'none' } })],
    ['that is a list', () => []],
    ['that is a number', () => 7],
  ])('%s is not read', async (_what, change) => {
    const read = readKeystore(JSON.stringify(change(await seal())));
    expect(read).toMatchObject({ ok: false, error: { code: 'keystore.form' } });
  });

  it('is not read when cut anywhere', async () => {
    const text = JSON.stringify(await seal());
    const at = fc.integer({ min: 0, max: text.length - 1 });
    fc.assert(fc.property(at, (length) => !readKeystore(text.slice(0, length)).ok));
    expect([isKeystore(text), isKeystore(hex)]).toEqual([true, false]);
  });
});

describe('the file of a keystore', () => {
  it('is for its owner alone, durable, and alone in its folder', async () => {
    const path = join(temporaryFolder(), 'key.json');
    const keystore = await seal();
    expect(writeKeystore(path, keystore).ok).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['key.json']);
    expect(unwrap(readKeystoreFile(path))).toEqual(keystore);
  });

  it('is never written over another file, which stays as it is', async () => {
    const path = join(temporaryFolder(), 'key.json');
    writeFileSync(path, 'precious');
    const written = writeKeystore(path, await seal());
    expect(written).toMatchObject({ error: { code: 'keystore.exists' } });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(readdirSync(join(path, '..'))).toEqual(['key.json']);
  });

  it('is not written where that cannot be, with the reason', async () => {
    const folder = join(temporaryFolder(), 'folder');
    mkdirSync(folder);
    const nowhere = writeKeystore(join(folder, 'none', 'key.json'), await seal());
    expect(nowhere).toMatchObject({ error: { code: 'keystore.disk' } });
    expect(readKeystoreFile(join(folder, 'none'))).toMatchObject({ ok: false });
  });
});

describe('a mnemonic', () => {
  it("gives the key and the address that dYdX's own client gives", async () => {
    const words =
      'mirror actor skill push coach wait confirm orchard lunch mobile athlete gossip ' +
      'awake miracle matter bus reopen team ladder lazy list timber render wait';
    const key = unwrap(await keyOfMnemonic(`  ${words.toUpperCase().replace(' ', '\n ')} `));
    expect(addressOfKey(key)).toBe('dydx14zzueazeh0hj67cghhf9jypslcf9sh2n5k6art');
  });

  it('has 24 words, which give its key back', async () => {
    const mnemonic = mnemonicOf(chance(32));
    expect(mnemonic.split(' ')).toHaveLength(24);
    expect((await keyOfMnemonic(mnemonic)).ok).toBe(true);
  });

  it('with a wrong word is refused, and no word is repeated', async () => {
    const refused = await keyOfMnemonic(`secret ${'abandon '.repeat(11)}`);
    expect(refused).toMatchObject({ error: { code: 'mnemonic.syntax' } });
    expect(JSON.stringify(refused)).not.toMatch(/secret|abandon/);
  });
});
