/**
 * How high the chain and the indexer stand, and when the chain last grew. Heights never go back.
 */
import { blockHeight, type BlockHeight, type UnixMs } from '../model/quantities.js';
import type { Heights } from '../risk/permission.js';

const GROWTHS_KEPT = 64;

export class HeightWatch {
  #chain: BlockHeight | undefined;
  #indexer: BlockHeight | undefined;
  #grewAt: UnixMs | undefined;
  /** The newest growths, oldest first. */
  #growths: readonly (readonly [BlockHeight, UnixMs])[] = [];

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
    this.#growths = [...this.#growths.slice(1 - GROWTHS_KEPT), [height, at]];
  }

  /** How long a block has taken lately, rounded up; undefined before two of them. */
  get msPerBlock(): number | undefined {
    const [first, last] = [this.#growths[0], this.#growths.at(-1)];
    if (first === undefined || last === undefined || last[0] === first[0]) return undefined;
    return Math.ceil((last[1] - first[1]) / (last[0] - first[0]));
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
