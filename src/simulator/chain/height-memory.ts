/**
 * A map that forgets at a block height: orders until they expire, cancels while they bar, fills
 * while they count. Bounded by what can be written within the window of heights that the callers
 * allow.
 */

interface Remembered<V> {
  readonly value: V;
  readonly until: number;
}

export class HeightMemory<V> {
  readonly #entries = new Map<string, Remembered<V>>();
  readonly #keysByHeight = new Map<number, string[]>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /**
   * Remembers `value` until height `until` has committed; an older value of the key is replaced.
   */
  set(key: string, value: V, until: number): void {
    const known = this.#entries.get(key);
    this.#entries.set(key, { value, until });
    if (known?.until === until) return;
    const keys = this.#keysByHeight.get(until);
    if (keys === undefined) this.#keysByHeight.set(until, [key]);
    else keys.push(key);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets, and returns in the order of writing, what was remembered until this height. */
  expire(height: number): V[] {
    const expired: V[] = [];
    for (const key of this.#keysByHeight.get(height) ?? []) {
      const entry = this.#entries.get(key);
      if (entry?.until !== height) continue;
      this.#entries.delete(key);
      expired.push(entry.value);
    }
    this.#keysByHeight.delete(height);
    return expired;
  }
}
