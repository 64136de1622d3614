/**
 * How high the chain and the indexer stand, and when the chain last grew. Heights never go back.
 */
import { blockHeight, type BlockHeight, type UnixMs } from '../model/quantities.js';
import type { Heights } from '../risk/permission.js';

export class HeightWatch {
  #chain: BlockHeight | undefined;
  #indexer: BlockHeight | undefined;
  #grewAt: UnixMs | undefined;

  get chain(): BlockHeight | undefined {
    return this.#chain;
  }

  get indexer(): BlockHeight | undefined {
    return this.#indexer;
  }

  /** True when the indexer's height grew. What the indexer has seen, the chain has. */
  indexed(height: BlockHeight, at: UnixMs): boolean {
    this.committed(height, at);
    if (height <= (this.#indexer ?? -1)) return false;
    this.#indexer = height;
    return true;
  }

  /** The chain's own word, from a node. */
  committed(height: BlockHeight, at: UnixMs): void {
    if (height <= (this.#chain ?? -1)) return;
    this.#chain = height;
    this.#grewAt = at;
  }

  at(now: UnixMs): Heights {
    const ageMs = this.#grewAt === undefined ? Infinity : now - this.#grewAt;
    return { chain: this.#chain, indexer: this.#indexer, ageMs };
  }

  /** The best known height of the chain, to date orders by. */
  best(): BlockHeight | undefined {
    return this.#chain === undefined ? undefined : blockHeight(this.#chain);
  }
}
