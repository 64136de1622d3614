/**
 * What a block is made of: steps in a fixed order, each of which tells what it did. Event ids name
 * the place in the block: its own operations, a transaction, or its end.
 */
import type { ExchangeOutput } from '../exchange-types.js';

export interface Block {
  readonly height: number;
  /** Strictly increasing. */
  readonly timeMs: number;
}

export interface BlockContext extends Block {
  /** Of what happens at the end of the block, numbered as it comes. */
  nextEventId(): string;
  emit(output: ExchangeOutput): void;
}

export type BlockStep = (block: BlockContext) => void;

/** Transactions are numbered from the block's own operations on; its end stands before them. */
const TRANSACTION_OFFSET = 2;
export const BLOCK_END = -1;
export const OPERATIONS = 0;

/** Height, transaction and event, each as 8 hex digits. */
export const eventIdOf = (height: number, transaction: number, event: number): string =>
  [height, transaction + TRANSACTION_OFFSET, event]
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('');

/** Event ids of one transaction of a block, in order. */
export function eventIds(height: number, transaction: number): () => string {
  let event = -1;
  return () => {
    event += 1;
    return eventIdOf(height, transaction, event);
  };
}
