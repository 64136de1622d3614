/**
 * How a TWAP order is cut: equal legs at equal intervals, each a suborder near the oracle price
 * that lives for three seconds; what a leg leaves is caught up with by the next ones.
 */
import { divideCeil, largest, smallest } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';
import { ORDER_FLAGS, type PlaceOrder, type TwapTerms } from '../order-terms.js';

const SUBORDER_SECONDS = 3;
/** A leg is at most this many times as large as planned. */
const CATCH_UP_MAX = 3n;
const MILLION = 1_000_000n;

export interface TwapProgress {
  readonly terms: TwapTerms;
  remainingLegs: number;
  /** When the next suborder is due, unix seconds. */
  nextAtSeconds: number;
}

export const twapProgress = (terms: TwapTerms, seconds: number): TwapProgress => ({
  terms,
  remainingLegs: legsOf(terms),
  nextAtSeconds: seconds,
});

const legsOf = ({ durationSeconds, intervalSeconds }: TwapTerms): number =>
  Math.floor(durationSeconds / intervalSeconds);

/** Can every leg be at least one step? */
export const isDivisible = (terms: TwapTerms, quantums: bigint, step: bigint): boolean =>
  quantums / BigInt(legsOf(terms)) >= step;

/** The suborder of the next leg; undefined when what is left makes no step yet. */
export function suborderOf(
  parent: PlaceOrder,
  progress: TwapProgress,
  now: {
    /** Not filled yet, suborders included. */
    readonly remaining: bigint;
    readonly seconds: number;
    readonly oracleSubticks: bigint;
    readonly market: PerpetualMarket;
  },
): PlaceOrder | undefined {
  const { market, oracleSubticks, seconds } = now;
  const planned = divideCeil(parent.quantums, BigInt(legsOf(progress.terms)));
  const even = divideCeil(now.remaining, BigInt(progress.remainingLegs));
  const wanted = smallest(even, planned * CATCH_UP_MAX);
  const quantums = wanted - (wanted % market.stepBaseQuantums);
  if (quantums === 0n) return undefined;
  const { condition: _, twap: __, ...terms } = parent;
  return {
    ...terms,
    id: { ...parent.id, orderFlags: ORDER_FLAGS.twapSuborder },
    quantums,
    subticks: suborderSubticks(parent, progress.terms, { market, oracleSubticks }),
    goodTilBlock: 0,
    goodTilBlockTime: seconds + SUBORDER_SECONDS,
    timeInForce: 'GTT',
  };
}

/** The oracle price with the tolerance, on a tick, no worse than the parent's own limit. */
function suborderSubticks(
  { side, subticks: limit }: PlaceOrder,
  { priceTolerancePpm }: TwapTerms,
  now: { readonly market: PerpetualMarket; readonly oracleSubticks: bigint },
): bigint {
  const tick = now.market.subticksPerTick;
  const tolerance = BigInt(side === 'BUY' ? priceTolerancePpm : -priceTolerancePpm);
  const tolerated = (now.oracleSubticks * (MILLION + tolerance)) / MILLION;
  const onTick =
    side === 'BUY' ? tolerated - (tolerated % tick) : divideCeil(tolerated, tick) * tick;
  const priced = largest(onTick, tick);
  if (limit === 0n) return priced;
  return side === 'BUY' ? smallest(priced, limit) : largest(priced, limit);
}
