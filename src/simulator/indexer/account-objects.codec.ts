/** Subaccounts, positions and balances as the indexer writes them, on REST and on the socket. */
import { absolute, divideCeil } from '../../model/quantities.js';
import type { ExchangePosition, SubaccountView } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import { CHILDREN_PER_PARENT, type IndexerState } from './indexer-state.codec.js';
import { assetPositionUuid, positionUuid } from './venue-ids.codec.js';
import {
  averagePriceText,
  isoText,
  oracleValue,
  positionSide,
  realizedPnl,
  sizeText,
  unrealizedPnl,
  usdText,
} from './wire-units.js';

/** Fees that this position's fills have paid so far: REST counts them as realized. */
function feesOf(state: IndexerState, subaccount: SubaccountId, position: ExchangePosition): bigint {
  const until = position.closedAtMs ?? Infinity;
  return state.exchange
    .fills(subaccount)
    .filter((fill) => fill.clobPairId === position.clobPairId)
    .filter((fill) => fill.eventId >= position.openEventId && fill.timeMs <= until)
    .reduce((sum, fill) => sum + fill.fee, 0n);
}

function positionFields(state: IndexerState, position: ExchangePosition) {
  const market = state.market(position.clobPairId);
  const side = positionSide(position);
  const maxQuantums = absolute(position.maxQuantums);
  return {
    market: market.ticker,
    status: position.closed ? 'CLOSED' : 'OPEN',
    side,
    size: sizeText(market, position.quantums),
    maxSize: sizeText(market, side === 'LONG' ? maxQuantums : -maxQuantums),
    entryPrice: averagePriceText(market, {
      quantums: position.sumOpen,
      quoteQuantums: position.sumOpenQuote,
    }),
    exitPrice:
      position.sumClose === 0n
        ? null
        : averagePriceText(market, {
            quantums: position.sumClose,
            quoteQuantums: position.sumCloseQuote,
          }),
    sumOpen: sizeText(market, position.sumOpen),
    sumClose: sizeText(market, position.sumClose),
    netFunding: '0',
    unrealizedPnl: usdText(unrealizedPnl(market, position, state.oraclePrice(position.clobPairId))),
  };
}

export const restPosition = (
  state: IndexerState,
  subaccount: SubaccountId,
  position: ExchangePosition,
) => ({
  ...positionFields(state, position),
  realizedPnl: usdText(realizedPnl(position) - feesOf(state, subaccount, position)),
  createdAt: isoText(position.createdAtMs),
  createdAtHeight: String(position.createdAtHeight),
  closedAt: position.closedAtMs === undefined ? null : isoText(position.closedAtMs),
  subaccountNumber: subaccount.number,
});

export const socketPosition = (
  state: IndexerState,
  subaccount: SubaccountId,
  position: ExchangePosition,
) => ({
  address: subaccount.owner,
  subaccountNumber: subaccount.number,
  positionId: positionUuid(subaccount, position.openEventId),
  ...positionFields(state, position),
  realizedPnl: usdText(realizedPnl(position)),
});

const usdcSide = (quoteQuantums: bigint) => ({
  symbol: 'USDC',
  side: quoteQuantums < 0n ? 'SHORT' : 'LONG',
  size: usdText(absolute(quoteQuantums)),
  assetId: '0',
});

export const restAssets = (view: SubaccountView) =>
  view.quoteQuantums === 0n
    ? []
    : [{ ...usdcSide(view.quoteQuantums), subaccountNumber: view.subaccount.number }];

export const socketAsset = (subaccount: SubaccountId, quoteQuantums: bigint) => ({
  address: subaccount.owner,
  subaccountNumber: subaccount.number,
  positionId: assetPositionUuid(subaccount, '0'),
  ...usdcSide(quoteQuantums),
});

/** Equity less the unscaled initial margin: the indexer does not know the open-interest scaling. */
function freeCollateral(state: IndexerState, view: SubaccountView): bigint {
  return view.positions.reduce((free, position) => {
    const market = state.market(position.clobPairId);
    const price = state.oraclePrice(position.clobPairId);
    const notional = absolute(oracleValue(market, position.quantums, price));
    return free - divideCeil(notional * BigInt(market.initialMarginPpm), 1_000_000n);
  }, view.equity);
}

export function subaccountObject(state: IndexerState, view: SubaccountView) {
  const { subaccount } = view;
  const open = view.positions.filter((position) => !position.closed && position.quantums !== 0n);
  return {
    address: subaccount.owner,
    subaccountNumber: subaccount.number,
    equity: usdText(view.equity),
    freeCollateral: usdText(freeCollateral(state, view)),
    openPerpetualPositions: Object.fromEntries(
      open
        .map((position) => restPosition(state, subaccount, position))
        .map((position) => [position.market, position]),
    ),
    assetPositions: Object.fromEntries(restAssets(view).map((asset) => [asset.symbol, asset])),
    marginEnabled: true,
    updatedAtHeight: String(view.updatedAtHeight),
    latestProcessedBlockHeight: String(state.exchange.height),
  };
}

export function parentSubaccountObject(
  state: IndexerState,
  children: readonly SubaccountView[],
  { owner, number }: SubaccountId,
) {
  const sum = (of: (view: SubaccountView) => bigint): string =>
    usdText(children.reduce((total, view) => total + of(view), 0n));
  return {
    address: owner,
    parentSubaccountNumber: number,
    equity: sum((view) => view.equity),
    freeCollateral: sum((view) => freeCollateral(state, view)),
    childSubaccounts: children.map((view) => subaccountObject(state, view)),
  };
}

export const parentOf = (subaccount: SubaccountId): SubaccountId => ({
  owner: subaccount.owner,
  number: subaccount.number % CHILDREN_PER_PARENT,
});
