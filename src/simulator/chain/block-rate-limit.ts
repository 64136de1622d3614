/**
 * How many short-term messages an address may send within some blocks: places and cancels count
 * one, a batch two, refused ones as well. The bound of everything that an address can make a node
 * remember.
 */

const WINDOW_BLOCKS = 5;
const MESSAGES_MAX = 4_000;

export class BlockRateLimit {
  /** Weight by address of each block in the window, the running one last. */
  readonly #blocks: Map<string, number>[] = [new Map()];

  /** Counts a message; false when the address has exceeded its limit. */
  admits(owner: string, weight: number): boolean {
    const running = this.#blocks.at(-1);
    running?.set(owner, (running.get(owner) ?? 0) + weight);
    const sum = this.#blocks.reduce((total, block) => total + (block.get(owner) ?? 0), 0);
    return sum <= MESSAGES_MAX;
  }

  /** A block has committed. */
  advance(): void {
    this.#blocks.push(new Map());
    if (this.#blocks.length > WINDOW_BLOCKS) this.#blocks.shift();
  }
}
