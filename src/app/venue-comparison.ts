/** Our books beside what the venue's own REST said last: for the report at the end of a run. */
import { formatSize, formatUsd } from '../model/market.js';
import { positionDrift } from '../model/position.js';
import type { RunReport } from './run-report.js';
import type { ServiceRoot } from './service-root.js';

/** Nothing when the venue has told nothing. Open positions only; amounts as decimal text. */
export function compareWithVenue({ core, pipeline, steps }: ServiceRoot): RunReport['venue'] {
  const account = steps.venueAccount;
  if (account === undefined) return null;
  const ours = core.books.positions.positions();
  const drift = positionDrift({ ours, venue: account.positions });
  return {
    usdc: formatUsd(account.usdc),
    positions: account.positions.flatMap(({ market, size }) => {
      const spec = pipeline.fold.spec(market);
      return spec === undefined ? [] : [{ market, size: formatSize(spec, size) }];
    }),
    agrees: drift.length === 0 && account.usdc === core.usdc(),
  };
}
