/** Where two engines that were given the same said something different. */
import type { UnixMs } from './quantities.js';

export interface Divergence {
  readonly at: UnixMs;
  /** Such as `BTC-USD/book/bids/0/size`. */
  readonly place: string;
  readonly streaming: string;
  readonly batch: string;
}
