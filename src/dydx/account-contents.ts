/** Orders, fills, positions and balances, read exactly. All readers throw `Unreadable`. */
import { parseDecimal, parseDecimalTruncated } from '../model/decimal.js';
import type { AccountSnapshot, FamilyMember, PositionUpdate } from '../model/account.js';
import type { AccountEvent } from '../model/events.js';
import { parsePrice, parseSize, type MarketSpec } from '../model/market.js';
import type { Fill, VenueOrder, VenueOrderStatus } from '../model/order.js';
import {
  clientId,
  fillId,
  orderId,
  price,
  signedSize,
  usd,
  USD_SCALE,
  type MarketId,
  type Price,
  type Usd,
} from '../model/quantities.js';
import { readHeight, readSide, readTime } from './market-contents.js';
import { checks, type AssetObject, type FamilyObject, type FillObject } from './schemas.js';
import type { OrderObject, SubaccountObject } from './schemas.js';
import { readable, readMarketId, Unreadable } from './unreadable.js';

/** Throws `UnknownMarket` for a market that nobody has told us of. */
export type SpecOf = (market: MarketId) => MarketSpec;

const STATUSES: Readonly<Record<string, VenueOrderStatus>> = {
  BEST_EFFORT_OPENED: 'bestEffortOpened',
  OPEN: 'open',
  FILLED: 'filled',
  BEST_EFFORT_CANCELED: 'bestEffortCanceled',
  CANCELED: 'canceled',
  UNTRIGGERED: 'untriggered',
};
const QUOTE_ASSET = 'USDC';

export function readOrder(order: OrderObject, specOf: SpecOf): VenueOrder {
  const market = readMarketId(order.ticker);
  const status = Object.hasOwn(STATUSES, order.status) ? STATUSES[order.status] : undefined;
  if (status === undefined) throw new Unreadable(`unknown order status ${order.status}`);
  const { totalFilled, goodTilBlock } = order;
  return {
    orderId: orderId(order.id),
    clientId: clientId(Number(order.clientId)),
    market,
    status,
    totalFilled: isAbsent(totalFilled)
      ? undefined
      : readable(parseSize(specOf(market), totalFilled)),
    removalReason: order.removalReason?.replace(/^ORDER_REMOVAL_REASON_/, ''),
    goodTilBlock: isAbsent(goodTilBlock) ? undefined : readHeight(goodTilBlock),
  };
}

const isAbsent = (value: unknown): value is null | undefined =>
  value === null || value === undefined;

export function readFill(fill: FillObject, specOf: SpecOf): Fill {
  const market = readMarketId(fill.ticker ?? fill.market ?? '');
  const spec = specOf(market);
  return {
    fillId: fillId(fill.id),
    orderId: isAbsent(fill.orderId) ? undefined : orderId(fill.orderId),
    market,
    side: readSide(fill.side),
    size: readable(parseSize(spec, fill.size)),
    price: readFillPrice(fill, spec),
    fee: readUsd(fill.fee),
    liquidity: fill.liquidity === 'TAKER' ? 'taker' : 'maker',
    type: fill.type,
    height: readHeight(fill.createdAtHeight),
    at: readTime(fill.createdAt),
  };
}

/** Deleveraging happens at a quotient of amounts: finer than a price unit, and cut to one. */
function readFillPrice({ type, price: text }: FillObject, spec: MarketSpec): Price {
  if (type !== 'DELEVERAGED' && type !== 'OFFSETTING') return readable(parsePrice(spec, text));
  const cut = readable(parseDecimalTruncated(text, -spec.priceExponent));
  return price(cut > 0n ? cut : 1n);
}

const readUsd = (text: string): Usd => usd(readable(parseDecimal(text, USD_SCALE)));
/** Figures that the indexer computes at request time have more than six places. */
const readComputedUsd = (text: string): Usd =>
  usd(readable(parseDecimalTruncated(text, USD_SCALE)));

/** Signed here, unlike assets: negative is short. */
function readPosition(
  position: { readonly market: string; readonly size: string },
  specOf: SpecOf,
): PositionUpdate {
  const market = readMarketId(position.market);
  const scale = -specOf(market).sizeExponent;
  return { market, size: signedSize(readable(parseDecimal(position.size, scale))) };
}

/** Undefined when the balance is not spoken of. Size is unsigned; `SHORT` is a debt. */
function readBalance(assets: readonly AssetObject[], read: (text: string) => Usd): Usd | undefined {
  const asset = assets.find(({ symbol }) => symbol === QUOTE_ASSET);
  if (asset === undefined) return undefined;
  const amount = read(asset.size);
  return asset.side === 'SHORT' ? usd(0n - amount) : amount;
}

export function readSubaccount(subaccount: SubaccountObject, specOf: SpecOf): AccountSnapshot {
  const assets = Object.values(subaccount.assetPositions);
  return {
    height: readHeight(subaccount.latestProcessedBlockHeight),
    usdc: readBalance(assets, readComputedUsd) ?? usd(0n),
    equity: readComputedUsd(subaccount.equity),
    freeCollateral: readComputedUsd(subaccount.freeCollateral),
    positions: Object.values(subaccount.openPerpetualPositions).map((position) =>
      readPosition(position, specOf),
    ),
  };
}

/** Parent and children alike; what they have asked for themselves only a node knows. */
export const readFamily = (family: FamilyObject, specOf: SpecOf) => ({
  equity: readComputedUsd(family.equity),
  freeCollateral: readComputedUsd(family.freeCollateral),
  members: family.childSubaccounts.map((child): FamilyMember => ({
    ...readSubaccount(child, specOf),
    number: child.subaccountNumber,
    marginPpm: [],
  })),
});

/** `{}` is the answer for a subaccount that the indexer has never seen. */
export function readAccount(contents: unknown, specOf: SpecOf): AccountEvent {
  const { subaccount, orders = [], blockHeight } = checks.account(contents);
  return {
    type: 'account.snapshot',
    snapshot: subaccount === undefined ? undefined : readSubaccount(subaccount, specOf),
    orders: orders.map((order) => readOrder(order, specOf)),
    height: blockHeight === undefined ? undefined : readHeight(blockHeight),
  };
}

/** Any subset of the keys; transfers and rewards are REST's business. */
export function readAccountUpdate(contents: unknown, specOf: SpecOf): AccountEvent {
  const update = checks.accountUpdate(contents);
  const { orders = [], fills = [], perpetualPositions = [], assetPositions = [] } = update;
  return {
    type: 'account.update',
    update: {
      height: isAbsent(update.blockHeight) ? undefined : readHeight(update.blockHeight),
      orders: orders.map((order) => readOrder(order, specOf)),
      fills: fills.map((fill) => readFill(fill, specOf)),
      positions: perpetualPositions.map((position) => readPosition(position, specOf)),
      usdc: readBalance(assetPositions, readUsd),
    },
  };
}
