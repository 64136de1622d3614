/** Initial margin that an account has asked for itself: more than the market’s, never less. */
import type { MarketSpec } from '../model/market.js';
import type { VenueLimits } from '../model/venue-limits.js';

type Custom = VenueLimits['marginPpm'];

/** In ppm of the notional; 0 where nothing is asked for. */
export const customOf = ({ venueNumber }: MarketSpec, custom: Custom): number =>
  custom.find((entry) => entry.venueNumber === venueNumber)?.ppm ?? 0;

/** Whether nothing is asked for beyond what the market asks. */
export const sameMarginPpm = (spec: MarketSpec, custom: Custom): boolean =>
  customOf(spec, custom) <= spec.initialMarginPpm;

export const withMarginPpm = (spec: MarketSpec, custom: Custom): MarketSpec =>
  sameMarginPpm(spec, custom) ? spec : { ...spec, initialMarginPpm: customOf(spec, custom) };
