/** The newest values of a series, up to a fixed capacity: a full ring forgets its oldest. */
import { assert } from '../model/result.js';

interface Slots<T> {
  readonly length: number;
  [index: number]: T;
}

export class RingBuffer<T> {
  readonly #slots: Slots<T>;
  #start = 0;
  #length = 0;

  private constructor(slots: Slots<T>) {
    assert(slots.length > 0, `RingBuffer: expected a capacity ≥ 1, was ${slots.length}`);
    this.#slots = slots;
  }

  /** A ring of any values. */
  static of<T>(capacity: number): RingBuffer<T> {
    return new RingBuffer<T>(Array.from<T>({ length: capacity }));
  }

  /** A ring of doubles in one typed array. */
  static ofNumbers(capacity: number): RingBuffer<number> {
    return new RingBuffer<number>(new Float64Array(capacity));
  }

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#slots.length;
  }

  /** Appends; a full ring overwrites its oldest value and returns it. */
  push(value: T): T | undefined {
    const capacity = this.#slots.length;
    const end = (this.#start + this.#length) % capacity;
    const forgotten = this.#length === capacity ? this.#slots[end] : undefined;
    this.#slots[end] = value;
    if (this.#length === capacity) this.#start = (this.#start + 1) % capacity;
    else this.#length += 1;
    return forgotten;
  }

  /** 0 is the oldest; −1 the newest, as in `Array.at`. Undefined outside. */
  at(index: number): T | undefined {
    const offset = index < 0 ? this.#length + index : index;
    if (offset < 0 || offset >= this.#length) return undefined;
    return this.#slots[(this.#start + offset) % this.#slots.length];
  }

  /** Oldest first. */
  toArray(): T[] {
    const { length } = this.#slots;
    return Array.from({ length: this.#length }, (_, offset) => {
      const index = this.#start + offset;
      return this.#slots[index < length ? index : index - length] as T;
    });
  }

  /** Forgets everything; the slots are overwritten later. */
  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  /** Oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let offset = 0; offset < this.#length; offset += 1) {
      yield this.#slots[(this.#start + offset) % this.#slots.length] as T;
    }
  }
}
