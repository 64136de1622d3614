/**
 * `perpetua keys`: keystores are made, filled and shown. Secrets come from a terminal without echo,
 * a file, a descriptor or a credential, never from the command line; none is printed, but the
 * mnemonic of a new key, once, on the terminal itself.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { credentialPath } from '../config/credentials.js';
import { readPrivateKey } from '../dydx/keys.codec.js';
import { isKeystore } from '../dydx/keystore-form.js';
import { sealKeystore, type KeyDerivation } from '../dydx/keystore.codec.js';
import { readKeystoreFile, writeKeystore } from '../dydx/keystore.store.js';
import { ENTROPY_BYTES, keyOfMnemonic, mnemonicOf } from '../dydx/mnemonic.codec.js';
import { Failure, type Result } from '../model/result.js';
import type { Prompt } from './hidden-prompt.js';
import type { Terminal } from './terminal.js';

export interface PassphraseFlags {
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
  readonly passphraseCredential?: string;
}

export interface CreateFlags extends PassphraseFlags {
  /** The keystore is the only copy of the key. */
  readonly withoutMnemonic?: boolean;
}

export interface ImportFlags extends PassphraseFlags {
  readonly keyFd?: number;
}

export interface KeysOptions<F> {
  readonly path: string;
  readonly flags: F;
  readonly terminal: Terminal;
  readonly derivation?: KeyDerivation;
}

/** Shorter passphrases are refused. */
const PASSPHRASE_LENGTH_MIN = 12;
const STANDARD_INPUT = 0;

const failure = (code: string, message: string): Failure =>
  new Failure(code, message, { retryable: false });

const valueOf = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw failure(result.error.code, result.error.message);
};

const chance = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

export async function createKeystore(options: KeysOptions<CreateFlags>): Promise<void> {
  const { flags, terminal } = options;
  const mnemonic = mnemonicOf(chance(ENTROPY_BYTES));
  const privateKey = valueOf(await keyOfMnemonic(mnemonic));
  if (flags.withoutMnemonic === true) return seal(privateKey, options);
  const { prompt } = terminal;
  if (prompt === undefined) {
    const words = 'a terminal to show the mnemonic on, or --without-mnemonic';
    throw failure('keys.no-terminal', `expected ${words}`);
  }
  prompt.show('A new key is made. Its mnemonic is shown once, and is kept nowhere else.');
  if ((await prompt.ask('Can nobody else see this screen? Type yes: ')).trim() !== 'yes') {
    throw failure('keys.not-confirmed', 'nothing was done: expected yes');
  }
  await seal(privateKey, options);
  prompt.show('');
  prompt.show(mnemonic);
  prompt.show('');
  prompt.show('Write it down now, on paper. It will not be shown again.');
}

export async function importKeystore(options: KeysOptions<ImportFlags>): Promise<void> {
  const { flags, terminal } = options;
  const text =
    flags.keyFd === undefined
      ? await asker(terminal).askHidden('Mnemonic, or private key in hex: ')
      : readDescriptor(flags.keyFd);
  await seal(await keyIn(text), options);
}

/** Hex has no spaces, and a mnemonic has. */
async function keyIn(text: string): Promise<Uint8Array> {
  const isMnemonic = /\S\s+\S/.test(text);
  return valueOf(isMnemonic ? await keyOfMnemonic(text) : readPrivateKey(text));
}

async function seal(
  privateKey: Uint8Array,
  { path, flags, terminal, derivation }: KeysOptions<PassphraseFlags>,
): Promise<void> {
  const passphrase = await newPassphrase(flags, terminal);
  const options = { privateKey, passphrase, chance };
  const keystore = await sealKeystore(
    derivation === undefined ? options : { ...options, derivation },
  );
  privateKey.fill(0);
  valueOf(writeKeystore(path, keystore));
  terminal.out(keystore.address);
  terminal.err(`${path} holds the key of ${keystore.address}, sealed with the passphrase.`);
}

export function showKeystore(path: string, terminal: Terminal): void {
  const { address, publicKey, kdf, cipher, version } = valueOf(readKeystoreFile(path));
  const { name, opsLimit, memLimitKib } = kdf;
  const shown = {
    address,
    publicKey,
    version,
    kdf: { name, opsLimit, memLimitKib },
    cipher: cipher.name,
  };
  terminal.out(JSON.stringify(shown, null, 2));
}

async function newPassphrase(flags: PassphraseFlags, terminal: Terminal): Promise<string> {
  const told = toldPassphrase(flags);
  const passphrase = told ?? (await askTwice(asker(terminal)));
  if (passphrase.length >= PASSPHRASE_LENGTH_MIN) return passphrase;
  const expected = `a passphrase of at least ${PASSPHRASE_LENGTH_MIN} characters`;
  throw failure('keys.passphrase', `expected ${expected}, was of ${passphrase.length}`);
}

async function askTwice(prompt: Prompt): Promise<string> {
  const once = await prompt.askHidden('Passphrase of the keystore: ');
  if ((await prompt.askHidden('The same again: ')) === once) return once;
  throw failure('keys.passphrase', 'nothing was done: the two are not the same');
}

function asker({ prompt }: Terminal): Prompt {
  if (prompt !== undefined) return prompt;
  const words = 'a terminal, or flags that name a file, a descriptor or a credential';
  throw failure('keys.no-terminal', `expected ${words}`);
}

/** The passphrase for a run: asked for, unless a flag says where it stands. */
export async function passphraseForRun(
  { passphraseFd }: PassphraseFlags,
  { prompt }: Terminal,
): Promise<string | undefined> {
  if (passphraseFd !== undefined) return readDescriptor(passphraseFd);
  return prompt?.askHidden('Passphrase of the keystore: ');
}

function toldPassphrase(flags: PassphraseFlags): string | undefined {
  const { passphraseCredential, passphraseFd, passphraseFile } = flags;
  if (passphraseFd !== undefined) return readDescriptor(passphraseFd);
  if (passphraseFile !== undefined) return lineOf(readText(passphraseFile));
  if (passphraseCredential === undefined) return undefined;
  const path = credentialPath(passphraseCredential);
  if (path === undefined) throw failure('keys.credential', 'systemd has handed over none');
  return lineOf(readText(path));
}

function readText(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (!isKeystore(text)) return text;
  throw failure('keys.passphrase', `${path} is a keystore, not a passphrase`);
}

function readDescriptor(descriptor: number): string {
  try {
    return lineOf(readFileSync(descriptor, 'utf8'));
  } catch (error) {
    const where = descriptor === STANDARD_INPUT ? 'standard input' : `descriptor ${descriptor}`;
    throw failure('keys.descriptor', `${where} cannot be read: ${(error as Error).message}`);
  }
}

const lineOf = (text: string): string => text.replace(/\r?\n$/, '');
