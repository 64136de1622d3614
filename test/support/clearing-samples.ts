/** Markets and clearing for tests of the money modules. */
import { Clearing } from '../../src/simulator/chain/clearing.js';
import { FeeSchedule } from '../../src/simulator/chain/fee-schedule.js';
import type { MarginState } from '../../src/simulator/chain/margin.js';
import type { FeeTier } from '../../src/simulator/chain-messages.js';
import type { PerpetualMarket } from '../../src/simulator/exchange-types.js';
import { marketsOf } from '../../src/simulator/real-markets.js';
import { START_MS } from './exchange-driver.js';

/** BTC-USD at its usual price, with what is given instead. */
export function btcMargin(change: Partial<PerpetualMarket> = {}): MarginState {
  const { markets, oraclePricesE12 } = marketsOf(1);
  const [market] = markets;
  if (market === undefined) throw new Error('expected a market');
  return {
    market: { ...market, ...change },
    oraclePriceE12: oraclePricesE12.get(market.clobPairId) ?? 0n,
    openInterest: 0n,
    fundingIndex: 0n,
  };
}

/** Without fees unless they are given. */
export const clearingOf = (
  margins: readonly MarginState[],
  fees: {
    readonly feeTiers?: readonly FeeTier[];
    readonly takerFeePpm?: number;
    readonly makerFeePpm?: number;
  } = {},
): Clearing =>
  new Clearing({
    margins,
    fees: new FeeSchedule({ takerFeePpm: 0, makerFeePpm: 0, ...fees }),
    startTimeMs: START_MS,
  });
