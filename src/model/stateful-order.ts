/**
 * Orders that live on chain and end with a time instead of a height: long-term and conditional. A
 * cancel of theirs is final once a block contains it, and nothing is forgotten in the meantime.
 */
import { blockHeight, type Price, type UnixMs } from './quantities.js';

/** What an intent says about it. Whole seconds: the chain counts in no smaller unit. */
export type Lifetime =
  | { readonly kind: 'longTerm'; readonly goodTilTime: UnixMs }
  | { readonly kind: 'conditional'; readonly goodTilTime: UnixMs; readonly trigger: Trigger };

/**
 * Reached by the oracle price or the trades of a block. A buy stop and a sell take-profit wait for
 * a price that rises to it, the other two for one that falls.
 */
export interface Trigger {
  readonly type: 'stopLoss' | 'takeProfit';
  readonly price: Price;
}

/** What a request adds to it. */
export type StatefulTerms = Lifetime & {
  /** No block of a later time takes the place any more: nobody may sign it after that less 30 s. */
  readonly includeBy: UnixMs;
};

/**
 * The `goodTilBlock` of a stateful order. No height reaches it, so that whoever forgets to ask
 * holds such an order for alive, never for dead.
 */
export const NO_BLOCK = blockHeight(0xff_ff_ff_ff);

/** How long after it was made a stateful request may still be taken into a block. */
export const INCLUDE_MS = 60_000;
