/** Values by the bytes of an id: found in a frame without making a string of it. */
import type { ByteCursor } from './byte-cursor.codec.js';

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

const QUOTE = 0x22;
const FNV_BASIS = 0x811c_9dc5 | 0;
const FNV_PRIME = 0x0100_0193;
/** A ticker and a resolution. */
const NAME_MAX = 80;
const FIRST_SIZE = 64;

/** As many entries as the venue has ever listed ids: a few hundred, or thousand of candles. */
export class TickerTable<T> {
  #slots = emptySlots<T>(FIRST_SIZE);
  #count = 0;

  /** `name` is ASCII. A known name gets the new value. */
  set(name: string, value: T): void {
    const bytes = Buffer.from(name, 'latin1');
    const slot = this.#slotOf(bytes);
    if (this.#slots[slot] === undefined) this.#count += 1;
    this.#slots[slot] = { bytes, value };
    if (this.#count * 2 > this.#slots.length) this.#grow();
  }

  /** The value of the id that stands here up to a quote, which is passed too. */
  read(cursor: ByteCursor): T | undefined {
    const { bytes, at, end } = cursor;
    let hash = FNV_BASIS;
    let stop = at;
    const last = Math.min(end, at + NAME_MAX + 1);
    for (; stop < last && bytes[stop] !== QUOTE; stop += 1) {
      hash = Math.imul(hash ^ (bytes[stop] ?? 0), FNV_PRIME);
    }
    if (stop === last) return undefined;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot];
      if (entry === undefined) return undefined;
      if (entry.bytes.length === stop - at && isEqual(entry.bytes, bytes, at)) {
        cursor.at = stop + 1;
        return entry.value;
      }
    }
  }

  #slotOf(bytes: Uint8Array): number {
    let hash = FNV_BASIS;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = this.#slots[slot];
      if (entry === undefined) return slot;
      if (entry.bytes.length === bytes.length && isEqual(entry.bytes, bytes, 0)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const entries = this.#slots.filter((entry) => entry !== undefined);
    this.#slots = emptySlots<T>(this.#slots.length * 2);
    for (const entry of entries) this.#slots[this.#slotOf(entry.bytes)] = entry;
  }
}

const emptySlots = <T>(length: number): (Entry<T> | undefined)[] =>
  Array.from<Entry<T> | undefined>({ length });

function isEqual(name: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (name[index] !== bytes[at + index]) return false;
  }
  return true;
}
