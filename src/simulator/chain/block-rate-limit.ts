/**
 * How many messages an address may send within some blocks, by several rules at once; refused ones
 * count as well. The bound of everything that an address can make a node remember.
 */
import type { RateLimitRule } from '../chain-messages.js';

/** One rule: counts by address in each block of its window, and their running sums. */
class Window {
  readonly rule: RateLimitRule;
  readonly #blocks: Map<string, number>[] = [new Map()];
  readonly #sums = new Map<string, number>();

  constructor(rule: RateLimitRule) {
    this.rule = rule;
  }

  count(owner: string, weight: number): number {
    const running = this.#blocks.at(-1);
    running?.set(owner, (running.get(owner) ?? 0) + weight);
    const sum = (this.#sums.get(owner) ?? 0) + weight;
    this.#sums.set(owner, sum);
    return sum;
  }

  advance(): void {
    this.#blocks.push(new Map());
    if (this.#blocks.length <= this.rule.blocks) return;
    for (const [owner, weight] of this.#blocks.shift() ?? []) {
      const sum = (this.#sums.get(owner) ?? 0) - weight;
      if (sum > 0) this.#sums.set(owner, sum);
      else this.#sums.delete(owner);
    }
  }
}

export class BlockRateLimit {
  readonly #windows: readonly Window[];

  constructor(rules: readonly RateLimitRule[]) {
    this.#windows = rules.map((rule) => new Window(rule));
  }

  /** Counts a message; answers the rule that it breaks, if any, and the count that breaks it. */
  exceeded(owner: string, weight = 1): (RateLimitRule & { readonly count: number }) | undefined {
    let broken: (RateLimitRule & { readonly count: number }) | undefined;
    for (const window of this.#windows) {
      const count = window.count(owner, weight);
      if (count > window.rule.limit) broken ??= { ...window.rule, count };
    }
    return broken;
  }

  /** A block has committed. */
  advance(): void {
    for (const window of this.#windows) window.advance();
  }
}
