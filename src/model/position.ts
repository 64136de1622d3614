/** A position as the sum of its fills: cost is stored, average entry is derived. */
import type { VenuePosition } from './order.js';
import {
  absolute,
  signedSize,
  type MarketId,
  type Price,
  type SignedSize,
  type UnixMs,
  type Usd,
} from './quantities.js';

/** Exact books of one market. `cost` is signed: paid for longs (> 0), received for shorts (< 0). */
export interface Position {
  readonly market: MarketId;
  readonly size: SignedSize;
  /** Signed entry cost of the open size. */
  readonly cost: Usd;
  /** Realised profit and loss before fees. */
  readonly realizedPnl: Usd;
  readonly fees: Usd;
  readonly fills: number;
  /** The venue's time of the fill that opened it; undefined when flat, or adopted. */
  readonly openedAt?: UnixMs | undefined;
}

/** Average entry in price units times 10^precision, rounded towards zero; undefined when flat. */
export function averageEntry(
  position: Position,
  notionalExponent: number,
  precision = 0,
): Price | undefined {
  const magnitude = absolute(position.size);
  if (magnitude === 0n) return undefined;
  const exponent = precision - notionalExponent;
  const cost = absolute(position.cost);
  const scaled = exponent >= 0 ? cost * 10n ** BigInt(exponent) : cost / 10n ** BigInt(-exponent);
  return (scaled / magnitude) as Price;
}

/** A market in which our size is not the venue's. */
export interface PositionDrift {
  readonly market: MarketId;
  readonly ours: SignedSize;
  readonly venue: SignedSize;
}

/** Every difference; a market that one side does not name is flat there. */
export function positionDrift(sides: {
  readonly ours: readonly VenuePosition[];
  readonly venue: readonly VenuePosition[];
}): readonly PositionDrift[] {
  const sizesOf = (side: readonly VenuePosition[]): Map<MarketId, SignedSize> =>
    new Map(side.map(({ market, size }) => [market, size]));
  const [ours, venue] = [sizesOf(sides.ours), sizesOf(sides.venue)];
  return [...new Set([...ours.keys(), ...venue.keys()])]
    .map((market) => ({
      market,
      ours: ours.get(market) ?? signedSize(0n),
      venue: venue.get(market) ?? signedSize(0n),
    }))
    .filter((drift) => drift.ours !== drift.venue);
}
