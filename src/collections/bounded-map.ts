/** A map in order of insertion that evicts its oldest entry when it would exceed its limit. */
import { assert } from '../model/result.js';

export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly limit: number;

  constructor(limit: number) {
    assert(limit >= 1, `BoundedMap: expected a limit ≥ 1, was ${limit}`);
    this.limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Sets the entry and makes it the newest; returns the entry that had to go, if one had to. */
  set(key: K, value: V): readonly [K, V] | undefined {
    this.#entries.delete(key);
    const evicted = this.#entries.size === this.limit ? this.#evictOldest() : undefined;
    this.#entries.set(key, value);
    return evicted;
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Oldest first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }

  #evictOldest(): readonly [K, V] | undefined {
    const oldest = this.#entries.entries().next();
    if (oldest.done === true) return undefined;
    this.#entries.delete(oldest.value[0]);
    return oldest.value;
  }
}
