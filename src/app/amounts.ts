/** Amounts for people: decimal text, or the chain's own integer where a market is not listed. */
import { formatPrice, formatSize, type MarketSpec } from '../model/market.js';
import type { PositionDrift } from '../model/position.js';
import type { MarketId, Price, SignedSize, Size } from '../model/quantities.js';

export const sizeText = (spec: MarketSpec | undefined, size: Size | SignedSize): string =>
  spec === undefined ? `${size} quantums` : formatSize(spec, size);

export const priceText = (spec: MarketSpec | undefined, price: Price): string =>
  spec === undefined ? `${price} subticks` : formatPrice(spec, price);

/** Empty when there is none. */
export const driftText = (
  drifts: readonly PositionDrift[],
  specOf: (market: MarketId) => MarketSpec | undefined,
): string =>
  drifts
    .map(({ market, ours, venue }) => {
      const spec = specOf(market);
      return `${market}: ours ${sizeText(spec, ours)}, venue ${sizeText(spec, venue)}`;
    })
    .join('; ');
