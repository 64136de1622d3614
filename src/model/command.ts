/** What an operator may ask of the running service, and what is answered. */
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

/** Nobody is obeyed who does not say who asks: blanks are no name. */
export const isNamed = ({ by }: Pick<Command, 'by'>): boolean => by.trim() !== '';

export const refused = (code: string, message: string): CommandOutcome => ({
  accepted: false,
  code,
  message,
});
