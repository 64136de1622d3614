/**
 * Fills told as the story of positions: one row for each order (or for each fill without one), with
 * the position before it and what the position has earned and paid since it was opened. An order
 * that turns a position round makes two rows.
 */
import { formatDecimal } from '../../model/decimal.js';
import { absolute, powerOfTen } from '../../model/quantities.js';
import type { ExchangeFill, PerpetualMarket } from '../exchange-types.js';
import type { IndexerState } from './indexer-state.codec.js';
import { orderType } from './order-objects.codec.js';
import { fillUuid, orderUuid } from './venue-ids.codec.js';
import { isoText, sizeText } from './wire-units.js';

/** Decimal places of average prices, and of what is computed with them. */
const PRICE_SCALE = 20;
const USDC_SCALE = 6;

type Action =
  | 'OPEN'
  | 'EXTEND'
  | 'PARTIAL_CLOSE'
  | 'CLOSE'
  | 'LIQUIDATION_PARTIAL_CLOSE'
  | 'LIQUIDATION_CLOSE';

/** All fills of one order, in the order of time. */
interface Group {
  readonly fills: readonly ExchangeFill[];
  readonly first: ExchangeFill;
  readonly last: ExchangeFill;
  readonly quantums: bigint;
  /** 1e-20 USD. */
  readonly price: bigint;
  /** 1e-6 USDC. */
  readonly fee: bigint;
}

/** Quantums signed; entry price in 1e-20 USD; profit in quantums × price; fee in 1e-20 USDC. */
interface Position {
  readonly quantums: bigint;
  readonly entry: bigint;
  readonly pnl: bigint;
  readonly fee: bigint;
}

const FLAT: Position = { quantums: 0n, entry: 0n, pnl: 0n, fee: 0n };

/** Newest first. Every subaccount has positions of its own. */
export function tradeHistoryRows(state: IndexerState, fills: readonly ExchangeFill[]) {
  const ascending = [...fills].sort(
    (a, b) => a.timeMs - b.timeMs || (a.eventId < b.eventId ? -1 : 1),
  );
  const byPosition = groupBy(
    ascending,
    ({ subaccount, clobPairId }) => `${subaccount.owner}/${subaccount.number}/${clobPairId}`,
  );
  return byPosition
    .flatMap((ofOne) => rowsOf(state, ofOne))
    .sort((a, b) => compareText(b.time, a.time) || compareText(b.id, a.id));
}

function rowsOf(state: IndexerState, fills: readonly ExchangeFill[]) {
  let position = FLAT;
  return groupBy(fills, (fill) => rowId(fill)).flatMap((ofOrder) => {
    const group = groupOf(state, ofOrder);
    const parts = partsOf(group, position.quantums);
    return parts.map(({ quantums, fee, suffix }) => {
      const before = position;
      position = applied(before, { quantums, fee, price: group.price });
      const row = rowObject(state, { group, quantums, before, after: position, suffix });
      if (position.quantums === 0n) position = FLAT;
      return row;
    });
  });
}

/** An order that crosses zero closes first and opens with the rest, each with its share of fees. */
function partsOf(group: Group, before: bigint) {
  const delta = group.first.side === 'BUY' ? group.quantums : -group.quantums;
  const fee = group.fee * powerOfTen(PRICE_SCALE - USDC_SCALE);
  const after = before + delta;
  if (before === 0n || after === 0n || before > 0n === after > 0n) {
    return [{ quantums: delta, fee, suffix: '' }];
  }
  const closing = divideHalfUp(fee * absolute(before), group.quantums);
  return [
    { quantums: -before, fee: closing, suffix: ':close' },
    { quantums: after, fee: fee - closing, suffix: ':open' },
  ];
}

interface Change {
  readonly quantums: bigint;
  readonly fee: bigint;
  readonly price: bigint;
}

function applied(before: Position, { quantums, fee, price }: Change): Position {
  const after = before.quantums + quantums;
  const common = { quantums: after, fee: before.fee + fee };
  if (before.quantums === 0n) return { ...common, entry: price, pnl: before.pnl };
  if (absolute(after) < absolute(before.quantums)) {
    return { ...common, entry: before.entry, pnl: before.pnl - quantums * (price - before.entry) };
  }
  const cost = before.entry * absolute(before.quantums) + price * absolute(quantums);
  return { ...common, entry: divideHalfUp(cost, absolute(after)), pnl: before.pnl };
}

function actionOf(before: bigint, after: bigint, isLiquidation: boolean): Action {
  if (before === 0n) return 'OPEN';
  if (absolute(after) > absolute(before)) return 'EXTEND';
  if (after === 0n) return isLiquidation ? 'LIQUIDATION_CLOSE' : 'CLOSE';
  return isLiquidation ? 'LIQUIDATION_PARTIAL_CLOSE' : 'PARTIAL_CLOSE';
}

interface RowParts {
  readonly group: Group;
  readonly quantums: bigint;
  readonly before: Position;
  readonly after: Position;
  readonly suffix: string;
}

function rowObject(state: IndexerState, { group, quantums, before, after, suffix }: RowParts) {
  const { first, last, price } = group;
  const market = state.market(first.clobPairId);
  const order = first.orderId && state.exchange.order(first.orderId);
  const valueScale = PRICE_SCALE - market.atomicResolution;
  return {
    id: rowId(first) + suffix,
    subaccountNumber: first.subaccount.number,
    action: actionOf(before.quantums, after.quantums, first.orderId === undefined),
    executionPrice: formatDecimal(price, PRICE_SCALE),
    side: first.side,
    positionSide: after.quantums === 0n ? null : after.quantums > 0n ? 'LONG' : 'SHORT',
    prevSize: sizeText(market, absolute(before.quantums)),
    additionalSize: sizeText(market, quantums),
    value: formatDecimal(absolute(quantums) * price, valueScale),
    orderType: order === undefined ? null : orderType(order),
    netFee: formatDecimal(after.fee, PRICE_SCALE),
    netRealizedPnl: formatDecimal(after.pnl, valueScale),
    time: isoText(last.timeMs),
    orderId: first.orderId === undefined ? null : orderUuid(first.orderId),
    marketId: market.ticker,
    marginMode: market.marketType,
  };
}

const rowId = (fill: ExchangeFill): string =>
  fill.orderId === undefined ? fillUuid(fill.eventId, fill.liquidity) : orderUuid(fill.orderId);

function groupOf(state: IndexerState, fills: readonly ExchangeFill[]): Group {
  const [first] = fills;
  const last = fills.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('expected a fill, was none');
  const unit = priceUnit(state.market(first.clobPairId));
  const quantums = fills.reduce((sum, fill) => sum + fill.quantums, 0n);
  const value = fills.reduce((sum, fill) => sum + fill.quantums * fill.subticks * unit, 0n);
  return {
    fills,
    first,
    last,
    quantums,
    price: divideHalfUp(value, quantums),
    fee: fills.reduce((sum, fill) => sum + fill.fee, 0n),
  };
}

/** A subtick in 1e-20 USD. */
const priceUnit = ({ quantumConversionExponent, atomicResolution }: PerpetualMarket): bigint =>
  powerOfTen(PRICE_SCALE + quantumConversionExponent - USDC_SCALE - atomicResolution);

/** To the nearest, a half away from zero. */
function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor / 2n : divisor / 2n;
  return (dividend + half) / divisor;
}

/** Groups in the order of their first members. */
function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
