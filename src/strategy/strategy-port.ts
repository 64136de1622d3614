/** What a strategy is: a name and a pure function from what it sees to what it wants. */
import type { MarketView } from '../model/book.js';
import type { Decision, Hold } from '../model/decision.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { SignalSet } from '../model/signal.js';

/** All that a strategy may know when it looks at one market. */
export interface Sight {
  readonly now: UnixMs;
  readonly view: MarketView;
  readonly signals: SignalSet | undefined;
  /** Newest confidence of every fresh market, this one's previous look included. */
  readonly field: ReadonlyMap<MarketId, number>;
}

type Added = 'strategy' | 'market' | 'newestFrameAt' | 'decidedAt' | 'heldMs';

/** A verdict before it is stamped. A hold without confidence says: this market is not fresh. */
export type Candidate = Omit<Decision, Added> | Omit<Hold, Added>;

export interface Strategy {
  readonly name: string;
  /** Data older than this are not acted upon: a market silent for longer is looked at again. */
  readonly ageMsMax: number;
  decide(sight: Sight): Candidate;
}
