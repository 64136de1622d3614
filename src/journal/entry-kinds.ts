/**
 * Every kind of entry that this version understands, and what a checkpoint makes of it. A kind that
 * is missing here does not compile; one in a file that is missing here stops the start.
 */
import type { JournalEntry } from '../ports/journal.js';

type Kind = JournalEntry['type'];

/**
 * folded: its effect is in the checkpoint's own fields; verbatim: it is repeated in the checkpoint
 * as it is, for ever, so it must be rare; history: it changes nothing that a start reads.
 */
const AT_CHECKPOINT: Readonly<Record<Kind, 'folded' | 'verbatim' | 'history'>> = {
  run: 'folded',
  'order.intent': 'folded',
  'order.sent': 'folded',
  'order.end': 'folded',
  'cancel.intent': 'folded',
  'cancel.sent': 'history',
  fill: 'folded',
  'position.opening': 'folded',
  'balance.opening': 'verbatim',
  // One entry a market: of all hours together.
  funding: 'verbatim',
  transfer: 'verbatim',
  'balance.adjustment': 'verbatim',
  'loss.mark': 'folded',
  sweep: 'folded',
  'risk.level': 'history',
  'risk.latched': 'folded',
  'risk.cleared': 'folded',
  'engine.fallback': 'folded',
  'engine.restored': 'folded',
  command: 'folded',
  checkpoint: 'folded',
};

export const isKnownKind = (kind: string): kind is Kind => Object.hasOwn(AT_CHECKPOINT, kind);

export const isVerbatim = ({ type }: JournalEntry): boolean => AT_CHECKPOINT[type] === 'verbatim';
