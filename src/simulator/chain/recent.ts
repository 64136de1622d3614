/** The newest values of a history; at the limit the oldest are dropped. */

export class Recent<T> {
  readonly #limit: number;
  readonly #values: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(value: T): void {
    this.#values.push(value);
    // Cutting in large pieces keeps a push cheap; readers never see more than the limit.
    if (this.#values.length >= 2 * this.#limit) this.#values.splice(0, this.#limit);
  }

  get last(): T | undefined {
    return this.#values.at(-1);
  }

  replaceLast(value: T): void {
    this.#values[this.#values.length - 1] = value;
  }

  newestFirst(): readonly T[] {
    return this.#values.slice(-this.#limit).reverse();
  }
}
