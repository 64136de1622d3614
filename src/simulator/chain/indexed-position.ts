/**
 * One fill's effect on a position: it grows, shrinks, closes, or passes through zero and opens
 * anew.
 */
import { absolute } from '../../model/quantities.js';
import type { ExchangeFill, ExchangePosition } from '../exchange-types.js';

export interface PositionChange {
  readonly closed: ExchangePosition | undefined;
  readonly open: ExchangePosition | undefined;
}

export function applyFill(
  position: ExchangePosition | undefined,
  fill: ExchangeFill,
): PositionChange {
  const signed = fill.side === 'BUY' ? fill.quantums : -fill.quantums;
  if (position === undefined) {
    return { closed: undefined, open: opened(fill, signed, fill.quoteQuantums) };
  }
  if (position.quantums > 0n === signed > 0n) {
    return { closed: undefined, open: grown(position, fill, signed) };
  }
  const held = absolute(position.quantums);
  if (fill.quantums < held) {
    const quantums = position.quantums + signed;
    return {
      closed: undefined,
      open: shrunk(position, quantums, fill.quantums, fill.quoteQuantums),
    };
  }
  // The quote is split so that its parts add up to the fill's, to the last unit.
  const closingQuote = (fill.quoteQuantums * held) / fill.quantums;
  const closed = {
    ...shrunk(position, 0n, held, closingQuote),
    closed: true,
    closedAtMs: fill.timeMs,
  };
  const rest = position.quantums + signed;
  const open = rest === 0n ? undefined : opened(fill, rest, fill.quoteQuantums - closingQuote);
  return { closed, open };
}

const opened = (fill: ExchangeFill, quantums: bigint, quote: bigint): ExchangePosition => ({
  clobPairId: fill.clobPairId,
  quantums,
  maxQuantums: quantums,
  sumOpen: absolute(quantums),
  sumOpenQuote: quote,
  sumClose: 0n,
  sumCloseQuote: 0n,
  settledFunding: 0n,
  openEventId: fill.eventId,
  createdAtHeight: fill.height,
  createdAtMs: fill.timeMs,
  closed: false,
  closedAtMs: undefined,
});

function grown(position: ExchangePosition, fill: ExchangeFill, signed: bigint): ExchangePosition {
  const quantums = position.quantums + signed;
  const isLargest = absolute(quantums) > absolute(position.maxQuantums);
  return {
    ...position,
    quantums,
    maxQuantums: isLargest ? quantums : position.maxQuantums,
    sumOpen: position.sumOpen + fill.quantums,
    sumOpenQuote: position.sumOpenQuote + fill.quoteQuantums,
  };
}

const shrunk = (
  position: ExchangePosition,
  quantums: bigint,
  closing: bigint,
  closingQuote: bigint,
): ExchangePosition => ({
  ...position,
  quantums,
  sumClose: position.sumClose + closing,
  sumCloseQuote: position.sumCloseQuote + closingQuote,
});
