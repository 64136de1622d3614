/** Mnemonics (BIP-39, English) and the key that dYdX derives from them: the first of path 118. */
import { Bip39, EnglishMnemonic, Slip10, Slip10Curve, stringToPath } from '@cosmjs/crypto';
import { fail, ok, type Result } from '../model/result.js';

const PATH = stringToPath("m/44'/118'/0'/0/0");
/** 24 words. */
export const ENTROPY_BYTES = 32;

export const mnemonicOf = (entropy: Uint8Array): string => Bip39.encode(entropy).toString();

/** A fault never repeats a word of what was given. */
export async function keyOfMnemonic(text: string): Promise<Result<Uint8Array>> {
  const words = text.normalize('NFKD').trim().toLowerCase().split(/\s+/);
  let mnemonic: EnglishMnemonic;
  try {
    mnemonic = new EnglishMnemonic(words.join(' '));
  } catch {
    const expected = 'expected 12 to 24 English words with a valid checksum';
    return fail('mnemonic.syntax', `${expected}, was text of ${words.length} words`);
  }
  const seed = await Bip39.mnemonicToSeed(mnemonic);
  const { privkey } = Slip10.derivePath(Slip10Curve.Secp256k1, seed, PATH);
  seed.fill(0);
  return ok(Uint8Array.from(privkey));
}
