/** Subaccounts, positions and balances as the indexer writes them, on REST and on the socket. */
import { formatDecimal } from '../../model/decimal.js';
import { absolute, powerOfTen } from '../../model/quantities.js';
import type { ExchangeFill, ExchangePosition, SubaccountView } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import { CHILDREN_PER_PARENT, type IndexerState } from './indexer-state.codec.js';
import { assetPositionUuid, positionUuid } from './venue-ids.codec.js';
import {
  averagePriceText,
  isoText,
  positionSide,
  realizedPnl,
  sizeText,
  unrealizedPnl,
  usdText,
} from './wire-units.js';

/** Fees that this position's fills have paid so far: REST counts them as realized. */
function feesOf(state: IndexerState, subaccount: SubaccountId, position: ExchangePosition): bigint {
  const until = position.closedAtMs ?? Infinity;
  return (fillsByMarket(state, subaccount).get(position.clobPairId) ?? [])
    .filter((fill) => fill.eventId >= position.openEventId && fill.timeMs <= until)
    .reduce((sum, fill) => sum + fill.fee, 0n);
}

const fillsByMarket = (
  state: IndexerState,
  subaccount: SubaccountId,
): ReadonlyMap<number, readonly ExchangeFill[]> =>
  state.memo(`fills/${subaccount.owner}/${subaccount.number}`, () => {
    const markets = new Map<number, ExchangeFill[]>();
    for (const fill of state.exchange.fills(subaccount)) {
      const fills = markets.get(fill.clobPairId);
      if (fills === undefined) markets.set(fill.clobPairId, [fill]);
      else fills.push(fill);
    }
    return markets;
  });

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
    unrealizedPnl: usdText(unrealizedPnl(market, position, state.oraclePrice(position.clobPairId))),
  };
}

/** `unsettled` is the funding since the position was last settled: it counts. */
export function restPosition(
  state: IndexerState,
  subaccount: SubaccountId,
  { position, unsettled }: { readonly position: ExchangePosition; readonly unsettled: bigint },
) {
  const { sumOpen, sumClose, unrealizedPnl: unrealized, ...head } = positionFields(state, position);
  return {
    ...head,
    realizedPnl: usdText(realizedPnl(position) - feesOf(state, subaccount, position)),
    unrealizedPnl: unrealized,
    createdAt: isoText(position.createdAtMs),
    createdAtHeight: String(position.createdAtHeight),
    closedAt: position.closedAtMs === undefined ? null : isoText(position.closedAtMs),
    sumOpen,
    sumClose,
    netFunding: usdText(position.settledFunding + unsettled),
    subaccountNumber: subaccount.number,
  };
}

export const unsettledOf = (
  view: SubaccountView | undefined,
  { clobPairId, closed }: ExchangePosition,
): bigint => (closed ? 0n : (view?.unsettledFunding.get(clobPairId) ?? 0n));

export const socketPosition = (
  state: IndexerState,
  subaccount: SubaccountId,
  position: ExchangePosition,
) => ({
  address: subaccount.owner,
  subaccountNumber: subaccount.number,
  positionId: positionUuid(subaccount, position.openEventId),
  ...positionFields(state, position),
  netFunding: usdText(position.settledFunding),
  realizedPnl: usdText(realizedPnl(position) + position.settledFunding),
});

const usdcSide = (quoteQuantums: bigint) => ({
  symbol: 'USDC',
  side: quoteQuantums < 0n ? 'SHORT' : 'LONG',
  size: usdText(absolute(quoteQuantums)),
  assetId: '0',
});

/** The balance as if all funding were settled now. */
const balanceOf = ({ quoteQuantums, unsettledFunding }: SubaccountView): bigint =>
  [...unsettledFunding.values()].reduce((sum, funding) => sum + funding, quoteQuantums);

export function restAssets(view: SubaccountView) {
  const balance = balanceOf(view);
  return balance === 0n ? [] : [{ ...usdcSide(balance), subaccountNumber: view.subaccount.number }];
}

export const socketAsset = (subaccount: SubaccountId, quoteQuantums: bigint) => ({
  address: subaccount.owner,
  subaccountNumber: subaccount.number,
  positionId: assetPositionUuid(subaccount, '0'),
  ...usdcSide(quoteQuantums),
});

/** Decimal places in which equity and margin are exact. */
const EXACT_SCALE = 36;
const ORACLE_SCALE = 12;
const USDC_SCALE = 6;
const PPM = 1_000_000n;

interface Collateral {
  readonly equity: bigint;
  readonly freeCollateral: bigint;
}

/**
 * In 1e-36 USDC, without any rounding. The initial margin is unscaled: the indexer knows neither
 * the open interest's scaling nor an account's own leverage.
 */
function collateralOf(state: IndexerState, view: SubaccountView): Collateral {
  let equity = balanceOf(view) * powerOfTen(EXACT_SCALE - USDC_SCALE);
  let margin = 0n;
  for (const { clobPairId, quantums } of openPositions(view)) {
    const market = state.market(clobPairId);
    const unit = powerOfTen(EXACT_SCALE - ORACLE_SCALE + market.atomicResolution);
    const notional = quantums * state.oraclePrice(clobPairId) * unit;
    equity += notional;
    margin += (absolute(notional) * BigInt(market.initialMarginPpm)) / PPM;
  }
  return { equity, freeCollateral: equity - margin };
}

const collateralTexts = ({ equity, freeCollateral }: Collateral) => ({
  equity: formatDecimal(equity, EXACT_SCALE),
  freeCollateral: formatDecimal(freeCollateral, EXACT_SCALE),
});

const openPositions = (view: SubaccountView): readonly ExchangePosition[] =>
  view.positions.filter((position) => !position.closed && position.quantums !== 0n);

export function subaccountObject(state: IndexerState, view: SubaccountView) {
  const { subaccount } = view;
  return state.memo(`subaccount/${subaccount.owner}/${subaccount.number}`, () => ({
    address: subaccount.owner,
    subaccountNumber: subaccount.number,
    ...collateralTexts(collateralOf(state, view)),
    openPerpetualPositions: Object.fromEntries(
      openPositions(view)
        .map((position) => ({ position, unsettled: unsettledOf(view, position) }))
        .map((each) => restPosition(state, subaccount, each))
        .map((position) => [position.market, position]),
    ),
    assetPositions: Object.fromEntries(restAssets(view).map((asset) => [asset.symbol, asset])),
    marginEnabled: true,
    updatedAtHeight: String(view.updatedAtHeight),
    latestProcessedBlockHeight: String(state.exchange.height),
  }));
}

export function parentSubaccountObject(
  state: IndexerState,
  children: readonly SubaccountView[],
  { owner, number }: SubaccountId,
) {
  const collateral = children.map((view) => collateralOf(state, view));
  const sum = (of: (each: Collateral) => bigint): bigint =>
    collateral.reduce((total, each) => total + of(each), 0n);
  return {
    address: owner,
    parentSubaccountNumber: number,
    ...collateralTexts({
      equity: sum(({ equity }) => equity),
      freeCollateral: sum(({ freeCollateral }) => freeCollateral),
    }),
    childSubaccounts: children.map((view) => subaccountObject(state, view)),
  };
}

export const parentOf = (subaccount: SubaccountId): SubaccountId => ({
  owner: subaccount.owner,
  number: subaccount.number % CHILDREN_PER_PARENT,
});
