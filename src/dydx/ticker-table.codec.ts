/**
 * Values by the bytes of an id: found in a frame without making a string of it. All names lie
 * in one array, so that a look-up touches little memory.
 */
import type { ByteCursor } from './byte-cursor.codec.js';

const QUOTE = 0x22;
const FNV_BASIS = 0x811c_9dc5 | 0;
const FNV_PRIME = 0x0100_0193;
/** A ticker and a resolution. */
const NAME_MAX = 80;
const FIRST_SIZE = 64;
const FIRST_BYTES = 1_024;

/** As many entries as the venue has ever listed: a few hundred. */
export class TickerTable<T> {
  readonly #values: T[] = [];
  /** Entry of each slot, counted from one; 0 is free. At most half of them are taken. */
  #slots = new Uint16Array(FIRST_SIZE);
  /** Where each entry's name begins; the next one begins where it ends. */
  #starts = new Uint32Array(FIRST_SIZE + 1);
  #names = new Uint8Array(FIRST_BYTES);

  /** `name` is ASCII. A known name gets the new value. */
  set(name: string, value: T): void {
    const bytes = Buffer.from(name, 'latin1');
    const slot = this.#find(hashOf(bytes), bytes, 0, bytes.length);
    const entry = this.#slots[slot] ?? 0;
    if (entry > 0) {
      this.#values[entry - 1] = value;
      return;
    }
    this.#append(bytes);
    this.#values.push(value);
    this.#slots[slot] = this.#values.length;
    if (this.#values.length * 2 > this.#slots.length) this.#grow();
  }

  /** The value of the id that stands here up to a quote, which is passed too. */
  read(cursor: ByteCursor): T | undefined {
    const { bytes, at, end } = cursor;
    let hash = FNV_BASIS;
    let stop = at;
    const last = Math.min(end, at + NAME_MAX + 1);
    for (; stop < last; stop += 1) {
      const byte = bytes[stop] ?? QUOTE;
      if (byte === QUOTE) break;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
    }
    if (stop === last) return undefined;
    const entry = this.#slots[this.#find(hash, bytes, at, stop)] ?? 0;
    if (entry === 0) return undefined;
    cursor.at = stop + 1;
    return this.#values[entry - 1];
  }

  /** The slot of the name in `bytes` from `from` to `to`, or the free one where it belongs. */
  #find(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] ?? 0;
      if (entry === 0 || this.#isNamed(entry - 1, bytes, from, to)) return slot;
    }
  }

  #isNamed(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[index] ?? 0;
    const length = (this.#starts[index + 1] ?? 0) - start;
    if (length !== to - from) return false;
    for (let offset = 0; offset < length; offset += 1) {
      if (this.#names[start + offset] !== bytes[from + offset]) return false;
    }
    return true;
  }

  #append(bytes: Uint8Array): void {
    const index = this.#values.length;
    const start = this.#starts[index] ?? 0;
    const end = start + bytes.length;
    if (end > this.#names.length) {
      const larger = new Uint8Array(2 * Math.max(end, this.#names.length));
      larger.set(this.#names);
      this.#names = larger;
    }
    this.#names.set(bytes, start);
    this.#starts[index + 1] = end;
  }

  #grow(): void {
    const starts = new Uint32Array(2 * this.#starts.length);
    starts.set(this.#starts);
    this.#starts = starts;
    this.#slots = new Uint16Array(2 * this.#slots.length);
    for (let index = 0; index < this.#values.length; index += 1) {
      const name = this.#names.subarray(starts[index], starts[index + 1]);
      this.#slots[this.#find(hashOf(name), name, 0, name.length)] = index + 1;
    }
  }
}

function hashOf(bytes: Uint8Array): number {
  let hash = FNV_BASIS;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash;
}
