/**
 * Which key signs, for which account, and where the signing thread takes it from. What the settings
 * must not combine is refused here, before anything is started, and no refusal repeats a secret.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../config/config-schema.js';
import { credentialPath } from '../config/credentials.js';
import { ConfigError } from '../config/load-config.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../dydx/keys.codec.js';
import { isKeystore, readKeystore } from '../dydx/keystore-form.js';
import type { KeySource, SignedAccount } from '../dydx/signer-messages.js';

export interface SigningKey {
  readonly source: KeySource;
  readonly account: SignedAccount;
}

export interface Identity {
  /** Of the account that is traded or watched, if any. */
  readonly address: string | undefined;
  /** Undefined where nothing is signed. */
  readonly key: SigningKey | undefined;
}

export interface IdentityOptions {
  readonly config: Config;
  /** Everything that is read here and must not be told is added. */
  readonly secrets: Set<string>;
  /** Asked for at the terminal or taken from a descriptor, in place of a file's. */
  readonly passphrase?: string | undefined;
}

/** Nobody's address: what reads need where no account is watched. */
export const NOBODY = 'dydx1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq';

export const settingError = (path: string, message: string): ConfigError =>
  new ConfigError([{ place: 'settings', path, message }]);

/** Whether a run with these settings works on a passphrase that no setting tells. */
export function asksPassphrase({ account, mode }: Config): boolean {
  const { keyFile, passphraseFile, passphraseCredential } = account;
  const isTold = passphraseFile !== undefined || passphraseCredential !== undefined;
  return mode === 'live' && keyFile !== undefined && !isTold && isKeystore(readKeyFile(keyFile));
}

export function readIdentity(options: IdentityOptions): Identity {
  const { config } = options;
  const { address } = config.account;
  const held = readKey(options);
  if (held === undefined) {
    if (config.mode === 'live') {
      throw settingError('account.keyFile', 'live trading needs a key file or a key credential');
    }
    return { address: address ?? (config.mode === 'paper' ? NOBODY : undefined), key: undefined };
  }
  const account = accountOf(config, held.signer);
  return { address: account.address, key: { source: held.source, account } };
}

interface HeldKey {
  readonly source: KeySource;
  readonly signer: string;
}

function readKey(options: IdentityOptions): HeldKey | undefined {
  const { config, secrets } = options;
  const { keyFile, keyCredential } = config.account;
  if (keyFile !== undefined && keyCredential !== undefined) {
    throw settingError('account.keyCredential', 'expected this or account.keyFile, not both');
  }
  if (keyCredential !== undefined) return credentialKey(keyCredential, secrets);
  if (keyFile === undefined) {
    return config.network === 'embedded' ? plainKey(keyFromSeed(config.seed), secrets) : undefined;
  }
  const text = readKeyFile(keyFile);
  if (isKeystore(text)) return keystoreKey(text, options);
  if (!readPrivateKey(text).ok) {
    throw settingError('account.keyFile', `${keyFile} holds neither a keystore nor a private key`);
  }
  if (config.network === 'embedded') return plainKey(text.trim(), secrets);
  secrets.add(text.trim());
  const way = 'put it into a keystore with `perpetua keys import`, or use account.keyCredential';
  throw settingError('account.keyFile', `${keyFile} holds a private key in the clear: ${way}`);
}

function plainKey(privateKey: string, secrets: Set<string>): HeldKey {
  const key = readPrivateKey(privateKey);
  if (!key.ok) throw settingError('account.keyFile', key.error.message);
  secrets.add(privateKey);
  return { source: { type: 'plain', privateKey }, signer: addressOfKey(key.value) };
}

/** The key is read once, for its address; the signing thread reads it by itself. */
function credentialKey(name: string, secrets: Set<string>): HeldKey {
  const { path, text } = readCredential('account.keyCredential', name);
  const key = readPrivateKey(text);
  if (!key.ok) throw settingError('account.keyCredential', `${name}: ${key.error.message}`);
  secrets.add(text.trim());
  const signer = addressOfKey(key.value);
  key.value.fill(0);
  return { source: { type: 'credential', path }, signer };
}

function keystoreKey(text: string, options: IdentityOptions): HeldKey {
  const keystore = readKeystore(text);
  if (!keystore.ok) throw settingError('account.keyFile', keystore.error.message);
  const { address: signer } = keystore.value;
  // Its address is public: without orders to sign, nothing is opened.
  const passphrase = options.config.mode === 'live' ? readPassphrase(options) : '';
  return { source: { type: 'keystore', text, passphrase }, signer };
}

function readPassphrase({ config, secrets, passphrase }: IdentityOptions): string {
  const { passphraseFile, passphraseCredential } = config.account;
  const told =
    passphrase ??
    (passphraseCredential !== undefined
      ? readCredential('account.passphraseCredential', passphraseCredential).text
      : passphraseFile !== undefined
        ? readOwnFile('account.passphraseFile', passphraseFile)
        : undefined);
  const line = told?.replace(/\r?\n$/, '');
  if (line === undefined || line === '') {
    throw settingError(
      'account.passphraseFile',
      'the keystore needs a passphrase: a file, a credential, --passphrase-fd or a terminal',
    );
  }
  secrets.add(line);
  return line;
}

/** The owner's key signs for itself; another one by an authenticator, for the one named. */
function accountOf({ account, mode, network, subaccount }: Config, signer: string): SignedAccount {
  const { address = signer, authenticator, acceptKeyThatCanWithdraw } = account;
  if (authenticator !== undefined && address === signer) {
    const words = "expected account.address to be the owner's, was missing or the key's own";
    throw settingError('account.authenticator', words);
  }
  if (authenticator === undefined && address !== signer) {
    const words = `expected ${signer}, which is the key's, or account.authenticator`;
    throw settingError('account.address', `${words}, was ${address}`);
  }
  const isReal = network !== 'embedded' && mode === 'live';
  if (isReal && authenticator === undefined && !acceptKeyThatCanWithdraw) {
    throw settingError(
      'account.acceptKeyThatCanWithdraw',
      `the key of ${signer} is the owner's and can withdraw everything: expected a trading key ` +
        '(account.authenticator), or true here',
    );
  }
  const chosen = authenticator?.toString();
  return { address, subaccountNumber: subaccount, signer, authenticator: chosen };
}

const readKeyFile = (path: string): string => readOwnFile('account.keyFile', path);

function readOwnFile(setting: string, path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw settingError(setting, `${path} is readable by others: expected mode 0600`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw settingError(setting, (error as Error).message);
  }
}

/** systemd sees to who may read it. */
function readCredential(setting: string, name: string): { path: string; text: string } {
  const path = credentialPath(name);
  if (path === undefined) {
    throw settingError(setting, `systemd has handed over no credentials: expected ${name}`);
  }
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw settingError(setting, (error as Error).message);
  }
}
