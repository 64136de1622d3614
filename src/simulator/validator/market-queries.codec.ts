/** What the chain's modules answer about markets, prices, fees and limits, in protobuf. */
import { divideFloor } from '../../model/quantities.js';
import type { FeeTier, RateLimitRule } from '../chain-messages.js';
import type { Exchange, MarketView, PerpetualMarket } from '../exchange-types.js';
import {
  encodeWith,
  queries,
  serializedInt,
  wireInteger,
  type Paged,
} from './proto-codecs.codec.js';
import { NOT_FOUND, type QueryHandler } from './query-answers.js';

const CLOB_PAIR_STATUS = { ACTIVE: 1, INITIALIZING: 5, FINAL_SETTLEMENT: 6 } as const;
const MARKET_TYPES = { CROSS: 1, ISOLATED: 2 } as const;
/** A page's size if the request names none. */
const PAGE_USUAL = 100;

export function marketQueries(exchange: Exchange): ReadonlyMap<string, QueryHandler> {
  const views = (): readonly MarketView[] => exchange.markets();
  const viewOf = (clobPairId: number): MarketView | undefined =>
    views().find(({ market }) => market.clobPairId === clobPairId);
  const exponents = new Map(
    views().map(({ market, oraclePriceE12 }) => [market.clobPairId, exponentOf(oraclePriceE12)]),
  );
  const priceOf = (view: MarketView): object => priceObject(view, exponents);
  return new Map([
    ...clobPairQueries(views, viewOf),
    ...perpetualQueries(views, viewOf),
    ...priceQueries({ views, viewOf, priceOf }),
    ...tierQueries(exchange),
  ]);
}

type Views = () => readonly MarketView[];
type ViewOf = (clobPairId: number) => MarketView | undefined;

const clobPairQueries = (views: Views, viewOf: ViewOf): readonly [string, QueryHandler][] => {
  const { clob } = queries;
  return [
    [
      '/dydxprotocol.clob.Query/ClobPair',
      (data) => {
        const view = viewOf(clob.QueryGetClobPairRequest.decode(data).id);
        if (view === undefined) return NOT_FOUND;
        return encodeWith(clob.QueryClobPairResponse, { clobPair: clobPairObject(view.market) });
      },
    ],
    [
      '/dydxprotocol.clob.Query/ClobPairAll',
      (data) => {
        const pairs = views().map(({ market }) => clobPairObject(market));
        const { items, pagination } = page(pairs, clob.QueryAllClobPairRequest.decode(data));
        return encodeWith(clob.QueryClobPairAllResponse, { clobPair: items, pagination });
      },
    ],
  ];
};

const perpetualQueries = (views: Views, viewOf: ViewOf): readonly [string, QueryHandler][] => {
  const { perpetuals } = queries;
  const tiers = (): readonly LiquidityTier[] => tiersOf(views().map(({ market }) => market));
  return [
    [
      '/dydxprotocol.perpetuals.Query/Perpetual',
      (data) => {
        const view = viewOf(perpetuals.QueryPerpetualRequest.decode(data).id);
        if (view === undefined) return NOT_FOUND;
        const perpetual = perpetualObject(view, tiers());
        return encodeWith(perpetuals.QueryPerpetualResponse, { perpetual });
      },
    ],
    [
      '/dydxprotocol.perpetuals.Query/AllPerpetuals',
      (data) => {
        const all = views().map((view) => perpetualObject(view, tiers()));
        const asked = perpetuals.QueryAllPerpetualsRequest.decode(data);
        const { items, pagination } = page(all, asked);
        return encodeWith(perpetuals.QueryAllPerpetualsResponse, { perpetual: items, pagination });
      },
    ],
    [
      '/dydxprotocol.perpetuals.Query/AllLiquidityTiers',
      (data) => {
        const all = tiers().map(({ object }) => object);
        const asked = perpetuals.QueryAllLiquidityTiersRequest.decode(data);
        const { items: liquidityTiers, pagination } = page(all, asked);
        return encodeWith(perpetuals.QueryAllLiquidityTiersResponse, {
          liquidityTiers,
          pagination,
        });
      },
    ],
  ];
};

const priceQueries = (source: {
  readonly views: Views;
  readonly viewOf: ViewOf;
  readonly priceOf: (view: MarketView) => object;
}): readonly [string, QueryHandler][] => {
  const { prices } = queries;
  const { views, viewOf, priceOf } = source;
  return [
    [
      '/dydxprotocol.prices.Query/MarketPrice',
      (data) => {
        const view = viewOf(prices.QueryMarketPriceRequest.decode(data).id);
        if (view === undefined) return NOT_FOUND;
        return encodeWith(prices.QueryMarketPriceResponse, { marketPrice: priceOf(view) });
      },
    ],
    [
      '/dydxprotocol.prices.Query/AllMarketPrices',
      (data) => {
        const asked = prices.QueryAllMarketPricesRequest.decode(data);
        const { items: marketPrices, pagination } = page(views().map(priceOf), asked);
        return encodeWith(prices.QueryAllMarketPricesResponse, { marketPrices, pagination });
      },
    ],
  ];
};

const tierQueries = (exchange: Exchange): readonly [string, QueryHandler][] => {
  const { feetiers, clob } = queries;
  return [
    [
      '/dydxprotocol.feetiers.Query/PerpetualFeeParams',
      () => {
        const tiers = exchange.feeTiers().map(feeTierObject);
        return encodeWith(feetiers.QueryPerpetualFeeParamsResponse, { params: { tiers } });
      },
    ],
    [
      '/dydxprotocol.feetiers.Query/UserFeeTier',
      (data) => {
        const tier = exchange.feeTierOf(feetiers.QueryUserFeeTierRequest.decode(data).user);
        const index = exchange.feeTiers().findIndex(({ name }) => name === tier.name);
        return encodeWith(feetiers.QueryUserFeeTierResponse, {
          index: Math.max(index, 0),
          tier: feeTierObject(tier),
        });
      },
    ],
    [
      '/dydxprotocol.clob.Query/EquityTierLimitConfiguration',
      () =>
        encodeWith(clob.QueryEquityTierLimitConfigurationResponse, {
          equityTierLimitConfig: {
            shortTermOrderEquityTiers: [],
            statefulOrderEquityTiers: exchange
              .limits()
              .equityTiers.map(({ collateralRequired, limit }) => ({
                usdTncRequired: serializedInt(collateralRequired),
                limit,
              })),
          },
        }),
    ],
    [
      '/dydxprotocol.clob.Query/BlockRateLimitConfiguration',
      () => {
        const { shortTerm, stateful } = exchange.limits();
        const rules = (limits: readonly RateLimitRule[]) =>
          limits.map(({ blocks, limit }) => ({ numBlocks: blocks, limit }));
        return encodeWith(clob.QueryBlockRateLimitConfigurationResponse, {
          blockRateLimitConfig: {
            maxStatefulOrdersPerNBlocks: rules(stateful),
            maxShortTermOrdersAndCancelsPerNBlocks: rules(shortTerm),
          },
        });
      },
    ],
  ];
};

const clobPairObject = (market: PerpetualMarket): object => ({
  id: market.clobPairId,
  perpetualClobMetadata: { perpetualId: market.clobPairId },
  stepBaseQuantums: String(market.stepBaseQuantums),
  subticksPerTick: Number(market.subticksPerTick),
  quantumConversionExponent: market.quantumConversionExponent,
  status: CLOB_PAIR_STATUS[market.status],
});

const perpetualObject = (
  { market, openInterest, fundingIndex }: MarketView,
  tiers: readonly LiquidityTier[],
): object => ({
  params: {
    id: market.clobPairId,
    ticker: market.ticker,
    marketId: market.clobPairId,
    atomicResolution: market.atomicResolution,
    defaultFundingPpm: market.defaultFundingPpm,
    liquidityTier: tiers.findIndex(({ key }) => key === tierKey(market)),
    marketType: MARKET_TYPES[market.marketType],
  },
  fundingIndex: serializedInt(fundingIndex),
  openInterest: serializedInt(openInterest),
});

interface LiquidityTier {
  readonly key: string;
  readonly object: object;
}

const tierKey = (market: PerpetualMarket): string =>
  [
    market.initialMarginPpm,
    market.maintenanceMarginPpm,
    market.impactNotional,
    market.openInterestLowerCap,
    market.openInterestUpperCap,
  ].join('/');

/** Markets of equal terms are one tier, numbered by the first market of each. */
function tiersOf(markets: readonly PerpetualMarket[]): readonly LiquidityTier[] {
  const firsts = new Map<string, PerpetualMarket>();
  for (const market of markets) {
    const key = tierKey(market);
    if (!firsts.has(key)) firsts.set(key, market);
  }
  return [...firsts].map(([key, market], id) => ({
    key,
    object: {
      id,
      name: String(id),
      initialMarginPpm: market.initialMarginPpm,
      maintenanceFractionPpm:
        market.initialMarginPpm === 0
          ? 0
          : Math.floor((market.maintenanceMarginPpm * 1_000_000) / market.initialMarginPpm),
      impactNotional: String(market.impactNotional),
      openInterestLowerCap: String(market.openInterestLowerCap),
      openInterestUpperCap: String(market.openInterestUpperCap),
    },
  }));
}

/** Ten digits of the price as it was at the start, as the chain lists its markets. */
const exponentOf = (priceE12: bigint): number => String(priceE12).length - 1 - 12 - 9;

/** USD × 10^-exponent, rounded down. */
function priceObject(
  { market, oraclePriceE12 }: MarketView,
  exponents: ReadonlyMap<number, number>,
): object {
  const exponent = exponents.get(market.clobPairId) ?? exponentOf(oraclePriceE12);
  const shift = -exponent - 12;
  const price =
    shift >= 0
      ? oraclePriceE12 * 10n ** BigInt(shift)
      : divideFloor(oraclePriceE12, 10n ** BigInt(-shift));
  return { id: market.clobPairId, exponent, price: String(price) };
}

const feeTierObject = (tier: FeeTier): object => ({
  name: tier.name,
  absoluteVolumeRequirement: String(tier.volumeRequired),
  makerFeePpm: tier.makerFeePpm,
  takerFeePpm: tier.takerFeePpm,
});

/** By offset, or by the key that the page before gave. */
export function page<T>(all: readonly T[], { pagination }: Paged) {
  const limit = Number(wireInteger(pagination?.limit ?? 0n)) || PAGE_USUAL;
  const key = Buffer.from(pagination?.key ?? []);
  const offset = key.length === 8 ? key.readBigUInt64BE() : wireInteger(pagination?.offset ?? 0n);
  const start = Math.min(Number(offset), all.length);
  const end = Math.min(start + limit, all.length);
  const nextKey = Buffer.alloc(end < all.length ? 8 : 0);
  if (nextKey.length > 0) nextKey.writeBigUInt64BE(BigInt(end));
  return {
    items: all.slice(start, end),
    pagination: { nextKey: Uint8Array.from(nextKey), total: String(all.length) },
  };
}
