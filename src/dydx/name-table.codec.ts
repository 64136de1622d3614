/**
 * Values by the name that stands in a frame, with what always follows it: found by its first
 * twelve bytes, then compared as a whole, so that no string is made of it. All names lie in one
 * array: a look-up touches little memory.
 */
import { Pattern, type ByteCursor } from './byte-cursor.codec.js';

const FIRST_SIZE = 64;
/** So many slots for each name: few fall on one. */
const SLOTS_PER_NAME = 4;
const TEXT_MIN = 12;
/** A place is where a text begins, times this, and its length. */
const LENGTHS = 256;

/** As many entries as the venue has ever listed: a few hundred, times the kinds of ids. */
export class NameTable<T> {
  readonly #entries = new Map<string, number>();
  readonly #values: T[] = [];
  readonly #texts: Pattern[] = [];
  #places: number[] = [];
  /** Entry of each slot, counted from one; 0 is free. */
  #slots = new Uint16Array(FIRST_SIZE);
  /** Every text, eight bytes each, the last of each overlapping. */
  #doubles = new Float64Array(0);
  #used = 0;

  /** ASCII of 12 to 255 bytes, else it is not found. A known text gets the new value. */
  set(text: string, value: T): void {
    if (text.length < TEXT_MIN || text.length >= LENGTHS) return;
    const known = this.#entries.get(text);
    if (known !== undefined) {
      this.#values[known] = value;
      return;
    }
    this.#entries.set(text, this.#values.length);
    this.#values.push(value);
    this.#append(new Pattern(text));
    this.#place(this.#values.length);
    if (this.#values.length * SLOTS_PER_NAME > this.#slots.length) this.#grow();
  }

  /** The value of the text that stands here, which is passed. */
  read(cursor: ByteCursor): T | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = cursor.hash() & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return undefined;
      const place = this.#places[entry - 1] ?? 0;
      if (cursor.skipKnown(this.#doubles, place >>> 8, place & (LENGTHS - 1))) {
        return this.#values[entry - 1];
      }
    }
  }

  #append(pattern: Pattern): void {
    const { doubles, length } = pattern;
    const needed = this.#used + doubles.length;
    if (needed > this.#doubles.length) {
      const larger = new Float64Array(2 * needed);
      larger.set(this.#doubles);
      this.#doubles = larger;
    }
    this.#doubles.set(doubles, this.#used);
    this.#texts.push(pattern);
    this.#places.push(this.#used * LENGTHS + length);
    this.#used = needed;
  }

  #place(entry: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (this.#texts[entry - 1]?.hash ?? 0) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = entry;
  }

  #grow(): void {
    this.#slots = new Uint16Array(2 * this.#slots.length);
    for (let entry = 1; entry <= this.#values.length; entry += 1) this.#place(entry);
  }
}
