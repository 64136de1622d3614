/** Our books beside what the venue's own REST said last: for the report at the end of a run. */
import { formatSize, formatUsd } from '../model/market.js';
import { positionDrift } from '../model/position.js';
import { absolute, type Usd } from '../model/quantities.js';
import type { RunReport } from './run-report.js';
import type { ServiceRoot } from './service-root.js';
import type { TradingCore } from './trading-core.js';

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
    agrees: drift.length === 0 && isSameBalance(account.usdc, core),
  };
}

/** But for what rounding may have done to each payment of funding. */
function isSameBalance(venue: Usd, { money }: TradingCore): boolean {
  const ours = money.usdc();
  return ours !== undefined && absolute(ours - venue) <= BigInt(money.ledger.payments);
}
