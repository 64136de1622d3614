/** What an operator may ask of the running service. */
import type { MarketId } from './quantities.js';

export type Command =
  | { readonly type: 'halt'; readonly by: string; readonly reason: string }
  | { readonly type: 'resume'; readonly by: string; readonly reason: string }
  | { readonly type: 'flatten'; readonly by: string; readonly market: MarketId | undefined }
  /** Back to the streaming engine. */
  | { readonly type: 'engine.restore'; readonly by: string; readonly reason: string }
  | { readonly type: 'pause'; readonly by: string; readonly strategy: string }
  | { readonly type: 'unpause'; readonly by: string; readonly strategy: string };

export type CommandOutcome =
  | { readonly accepted: true; readonly message: string }
  | { readonly accepted: false; readonly code: string; readonly message: string };
