/** `perpetua keys` in process: what is asked, what is printed where, and what never is. */
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Prompt } from '../../src/cli/hidden-prompt.js';
import { createKeystore, importKeystore, passphraseForRun } from '../../src/cli/keys-command.js';
import { runProgram } from '../../src/cli/program.js';
import { EXIT } from '../../src/cli/terminal.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { openKeystore } from '../../src/dydx/keystore.codec.js';
import { readKeystoreFile } from '../../src/dydx/keystore.store.js';
import { keyOfMnemonic } from '../../src/dydx/mnemonic.codec.js';
import { unwrap } from '../../src/model/result.js';
import { temporaryFolder } from '../support/built-program.js';

const derivation = { opsLimit: 1, memLimitKib: 64 };
const PASSPHRASE = 'correct horse battery';
const KEY = keyFromSeed('keys command');
const ADDRESS = addressOfKey(unwrap(readPrivateKey(KEY)));
const fresh = (): string => join(temporaryFolder(), 'key.json');

/** A person with answers in order; everything that is printed, and what the screen shows. */
function sit(...answers: readonly string[]) {
  const printed: string[] = [];
  const shown: string[] = [];
  const asked: string[] = [];
  const left = [...answers];
  const answer = async (question: string): Promise<string> => {
    asked.push(question);
    return left.shift() ?? '';
  };
  const prompt: Prompt = {
    ask: answer,
    askHidden: answer,
    show: (line) => void shown.push(line),
  };
  const terminal = {
    out: (line: string) => void printed.push(line),
    err: (line: string) => void printed.push(line),
    prompt,
  };
  return { asked, printed, shown, terminal, nobody: { ...terminal, prompt: undefined } };
}

const textFile = (text: string): string => {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, text);
  return path;
};
const openedBy = async (path: string, passphrase: string) =>
  unwrap(await openKeystore(unwrap(readKeystoreFile(path)), passphrase));

describe('a new key', () => {
  it('has its mnemonic shown once on the screen, after a yes, and printed nowhere', async () => {
    const path = fresh();
    const { asked, printed, shown, terminal } = sit('yes', PASSPHRASE, PASSPHRASE);
    await createKeystore({ path, flags: {}, terminal, derivation });
    expect(asked).toHaveLength(3);
    const mnemonics = shown.filter((line) => line.split(' ').length === 24);
    expect(mnemonics).toHaveLength(1);
    const key = unwrap(await keyOfMnemonic(mnemonics[0] ?? ''));
    expect(await openedBy(path, PASSPHRASE)).toEqual(key);
    const told = `${printed.join('\n')}\n${readFileSync(path, 'utf8')}`;
    expect(printed[0]).toBe(addressOfKey(key));
    for (const word of [mnemonics[0] ?? '-', PASSPHRASE, Buffer.from(key).toString('hex')]) {
      expect(told).not.toContain(word);
    }
  });

  it.each<[string, readonly string[], RegExp]>([
    ['without a yes', ['no'], /expected yes/],
    ['with two passphrases', ['yes', PASSPHRASE, `${PASSPHRASE}!`], /not the same/],
    ['with a short passphrase', ['yes', 'short', 'short'], /at least 12 characters, was of 5/],
  ])('%s is not made, and shows no mnemonic', async (_what, answers, words) => {
    const path = fresh();
    const { shown, terminal } = sit(...answers);
    await expect(createKeystore({ path, flags: {}, terminal, derivation })).rejects.toThrow(words);
    expect(existsSync(path)).toBe(false);
    expect(shown.some((line) => line.split(' ').length === 24)).toBe(false);
  });

  it('is not made where nobody sits, unless no mnemonic is wanted', async () => {
    const path = fresh();
    const { nobody, printed, shown } = sit();
    const flags = { passphraseFile: textFile(`${PASSPHRASE}\n`) };
    const make = (withoutMnemonic: boolean) =>
      createKeystore({ path, flags: { ...flags, withoutMnemonic }, terminal: nobody, derivation });
    await expect(make(false)).rejects.toThrow(/a terminal to show the mnemonic on/);
    await make(true);
    expect(printed[0]).toBe(addressOfKey(await openedBy(path, PASSPHRASE)));
    expect(shown).toEqual([]);
  });

  it('is never written over another, and its mnemonic is not shown then', async () => {
    const path = textFile('precious');
    const { shown, terminal } = sit('yes', PASSPHRASE, PASSPHRASE);
    const made = createKeystore({ path, flags: {}, terminal, derivation });
    await expect(made).rejects.toThrow(/exists already/);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(shown.some((line) => line.split(' ').length === 24)).toBe(false);
  });
});

describe('a key that is there', () => {
  it.each([
    ['in hex', KEY],
    ['in hex with 0x', `0x${KEY}`],
  ])('%s is typed and sealed', async (_what, typed) => {
    const path = fresh();
    const { printed, terminal } = sit(typed, PASSPHRASE, PASSPHRASE);
    await importKeystore({ path, flags: {}, terminal, derivation });
    expect(printed[0]).toBe(ADDRESS);
    expect(addressOfKey(await openedBy(path, PASSPHRASE))).toBe(ADDRESS);
    expect(printed.join()).not.toContain(KEY);
  });

  it('comes from descriptors, and so does the passphrase', async () => {
    const path = fresh();
    const { nobody } = sit();
    const keyFd = openSync(textFile(`${KEY}\n`), 'r');
    const passphraseFd = openSync(textFile(`${PASSPHRASE}\r\n`), 'r');
    const flags = { keyFd, passphraseFd };
    await importKeystore({ path, flags, terminal: nobody, derivation });
    expect(addressOfKey(await openedBy(path, PASSPHRASE))).toBe(ADDRESS);
  });

  it('takes its passphrase from a credential of systemd', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'word'), PASSPHRASE);
    const path = fresh();
    const { terminal } = sit(KEY);
    const flags = { passphraseCredential: 'word' };
    const bring = () => importKeystore({ path, flags, terminal, derivation });
    vi.stubEnv('CREDENTIALS_DIRECTORY', '');
    await expect(importKeystore({ path, flags, terminal: sit(KEY).terminal })).rejects.toThrow(
      /handed over none/,
    );
    vi.stubEnv('CREDENTIALS_DIRECTORY', folder);
    await bring();
    vi.unstubAllEnvs();
    expect(addressOfKey(await openedBy(path, PASSPHRASE))).toBe(ADDRESS);
  });

  it.each<[string, string]>([
    ['words that are no mnemonic', 'secret words that are none'],
    ['hex that is too short', KEY.slice(0, 60)],
  ])('given as %s is refused without repeating it', async (_what, typed) => {
    const path = fresh();
    const { terminal } = sit(typed, PASSPHRASE, PASSPHRASE);
    const refused = importKeystore({ path, flags: {}, terminal, derivation });
    await expect(refused).rejects.toThrow(/expected/);
    await expect(refused).rejects.not.toThrow(typed);
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, object, RegExp]>([
    ['nobody to ask', {}, /a terminal, or flags/],
    ['a descriptor that is not open', { keyFd: 999 }, /descriptor 999 cannot be read/],
  ])('with %s is refused', async (_what, flags, words) => {
    const path = fresh();
    const { nobody } = sit();
    const bring = importKeystore({ path, flags, terminal: nobody, derivation });
    await expect(bring).rejects.toThrow(words);
  });

  it('is not sealed with a keystore in place of a passphrase', async () => {
    const passphraseFile = textFile('{"format": "perpetua-keystore"}');
    const keyFd = openSync(textFile(KEY), 'r');
    const flags = { keyFd, passphraseFile };
    const mixedUp = { path: fresh(), flags, terminal: sit().nobody, derivation };
    await expect(importKeystore(mixedUp)).rejects.toThrow(/not a passphrase/);
  });
});

describe('the passphrase of a run', () => {
  it('is read from a descriptor, or asked for, or unknown where nobody sits', async () => {
    const { nobody, terminal } = sit(PASSPHRASE);
    const passphraseFd = openSync(textFile(`${PASSPHRASE}\n`), 'r');
    expect(await passphraseForRun({ passphraseFd }, nobody)).toBe(PASSPHRASE);
    expect(await passphraseForRun({}, terminal)).toBe(PASSPHRASE);
    expect(await passphraseForRun({}, nobody)).toBeUndefined();
  });
});

describe('on the command line', () => {
  it('a key is made, shown with what is public, and not made again', async () => {
    const path = fresh();
    const { nobody, printed } = sit();
    const flags = ['--passphrase-file', textFile(PASSPHRASE), '--without-mnemonic'];
    expect(await runProgram(['keys', 'create', path, ...flags], nobody)).toBe(EXIT.ok);
    const [address = ''] = printed;
    expect(await runProgram(['keys', 'show', path], nobody)).toBe(EXIT.ok);
    const shown = JSON.parse(printed.at(-1) ?? '') as object;
    expect(shown).toEqual({
      address,
      publicKey: unwrap(readKeystoreFile(path)).publicKey,
      version: 1,
      kdf: { name: 'argon2id', opsLimit: 3, memLimitKib: 65_536 },
      cipher: 'xchacha20poly1305-ietf',
    });
    expect(await runProgram(['keys', 'create', path, ...flags], nobody)).toBe(EXIT.failed);
    expect(printed.at(-1)).toMatch(/exists already/);
    expect(await runProgram(['keys', 'show', '/nowhere'], nobody)).toBe(EXIT.failed);
  });

  it('a key is brought by a descriptor', async () => {
    const path = fresh();
    const { nobody, printed } = sit();
    const keyFd = String(openSync(textFile(KEY), 'r'));
    const flags = ['--key-fd', keyFd, '--passphrase-file', textFile(PASSPHRASE)];
    expect(await runProgram(['keys', 'import', path, ...flags], nobody)).toBe(EXIT.ok);
    expect(printed[0]).toBe(ADDRESS);
  });

  it('there is no word for a secret', async () => {
    for (const flag of ['--passphrase', '--mnemonic', '--key', '--private-key']) {
      for (const command of [['keys', 'create'], ['keys', 'import'], ['run']]) {
        const { nobody } = sit();
        expect(await runProgram([...command, flag, 'x'], nobody)).toBe(EXIT.usage);
      }
    }
  });
});
