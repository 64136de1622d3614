/** What an operator may ask of the running service. */
import type { MarketId } from './quantities.js';

interface Asked {
  /** The operator. */
  readonly by: string;
  readonly reason: string;
}

export type Command = Asked &
  (
    | { readonly type: 'halt' }
    | { readonly type: 'resume' }
    | { readonly type: 'flatten'; readonly market: MarketId | undefined }
    /** Back to the streaming engine. */
    | { readonly type: 'engine.restore' }
    | { readonly type: 'pause' | 'unpause'; readonly strategy: string }
  );

export type CommandOutcome =
  | { readonly accepted: true; readonly message: string }
  | { readonly accepted: false; readonly code: string; readonly message: string };
