/**
 * The indexer's own copy of the exchange: it applies what the chain has applied, some blocks later.
 * Since equal inputs give equal exchanges, everything that is read from the copy, and everything
 * that it outputs, is exactly as it was at that height.
 */
import type { Exchange, ExchangeInput, ExchangeOutput } from '../exchange-types.js';

/** Inputs that wait; beyond it the oldest are applied although the lag is not over. */
const WAITING_MAX = 500_000;
/** Applied inputs at the front of the list that are worth a new list. */
const COMPACT_AT = 1024;

export interface IndexerCopyOptions {
  readonly chain: Exchange;
  /** Made with the same options as the chain; nothing else may apply inputs to it. */
  readonly copy: Exchange;
  readonly lagBlocks: () => number;
  readonly onApplied: (input: ExchangeInput, outputs: readonly ExchangeOutput[]) => void;
}

export class IndexerCopy {
  readonly #options: IndexerCopyOptions;
  #waiting: ExchangeInput[] = [];
  #next = 0;

  constructor(options: IndexerCopyOptions) {
    const { chain, copy } = options;
    if (chain.hash() !== copy.hash()) {
      throw new RangeError('expected a copy made with the same options as the chain');
    }
    this.#options = options;
  }

  /** The chain has just applied this input. */
  follow(input: ExchangeInput): void {
    this.#waiting.push(input);
    this.catchUp();
  }

  /** Applies what is due: all up to the block that is as far behind as the lag says. */
  catchUp(): void {
    const { copy, onApplied } = this.#options;
    for (;;) {
      const input = this.#waiting[this.#next];
      if (input === undefined || !this.#isDue(input)) break;
      this.#next += 1;
      onApplied(input, copy.apply(input).outputs);
    }
    if (this.#next < COMPACT_AT && this.#next < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }

  #isDue(input: ExchangeInput): boolean {
    const { chain, copy, lagBlocks } = this.#options;
    if (this.#waiting.length - this.#next > WAITING_MAX) return true;
    const behind = chain.height - copy.height;
    return input.type === 'block' ? behind > lagBlocks() : behind >= lagBlocks();
  }
}
