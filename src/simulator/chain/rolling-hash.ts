/**
 * A rolling 64-bit fingerprint of plain values, in two lanes: cheap, for comparing runs, not for
 * secrets.
 */

const FNV_PRIME = 0x0100_0193;
const MIXING_PRIME = 0x85eb_ca6b;
/** Stand-ins for what has no bits of its own. */
const NOTHING = 0x6e6f_6e65;
const YES = 0x7965_7321;
const NO = 0x6e6f_2121;
/** What keeps equal numbers, texts and lists apart. */
const BIGINT = 0x6269_6769;
const TEXT = 0x7465_7874;

export class RollingHash {
  #low = 0x811c_9dc5 | 0;
  #high = 0x9e37_79b9 | 0;

  /** Any tree of plain values; the order of an object's fields counts. */
  mix(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return;
      case 'bigint':
        this.#bigint(value);
        return;
      case 'string':
        this.#text(value);
        return;
      case 'boolean':
        this.#word(value ? YES : NO);
        return;
      case 'object':
        this.#tree(value);
        return;
      default:
        this.#word(NOTHING);
    }
  }

  /** 16 hex digits. */
  digest(): string {
    return [this.#high, this.#low]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }

  #tree(value: object | null): void {
    if (value === null) {
      this.#word(NOTHING);
      return;
    }
    const fields: unknown[] = Array.isArray(value) ? value : Object.values(value);
    this.#word(fields.length);
    for (const field of fields) this.mix(field);
  }

  #number(value: number): void {
    this.#word(value | 0);
    this.#word((value / 0x1_0000_0000) | 0);
    this.#word(Math.round((value % 1) * 0x1_0000) | 0);
  }

  #bigint(value: bigint): void {
    this.#word(BIGINT);
    this.#word(Number(BigInt.asIntN(32, value)));
    this.#word(Number(BigInt.asIntN(32, value >> 32n)));
    this.#word(Number(BigInt.asIntN(32, value >> 64n)));
  }

  #text(value: string): void {
    this.#word(TEXT);
    this.#word(value.length);
    for (let index = 0; index < value.length; index += 1) this.#word(value.charCodeAt(index));
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, FNV_PRIME);
    this.#high = Math.imul((this.#high ^ word) + (this.#low >>> 15), MIXING_PRIME) ^ this.#low;
  }
}
