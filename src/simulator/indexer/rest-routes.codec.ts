/** All that the indexer's REST can be asked, and under which conditions. */
import type { RequestBucket } from './request-limits.js';
import {
  askAddress,
  askAssetPositions,
  askParentSubaccount,
  askPositions,
  askSubaccount,
} from './rest-accounts.codec.js';
import { askFills, askTradeHistory } from './rest-fills.codec.js';
import {
  askBook,
  askCandles,
  askFunding,
  askHeight,
  askMarkets,
  askSparklines,
  askTime,
  askTrades,
} from './rest-markets.codec.js';
import { askOrder, askOrders } from './rest-orders.codec.js';
import type { Parameters } from './rest-parameters.js';
import { askHistoricalPnl, askPnl } from './rest-pnl.codec.js';
import type { Ask } from './rest-question.js';
import {
  askBlockRewards,
  askComplianceScreen,
  askNoVaults,
  askRewardAggregations,
  askScreen,
} from './rest-service.codec.js';
import {
  askFundingPayments,
  askParentTransfers,
  askTransfers,
  askTransfersBetween,
} from './rest-transfers.codec.js';

export interface Route {
  readonly ask: Ask;
  /** Undefined: unlimited. */
  readonly bucket: RequestBucket | undefined;
  readonly cacheControl: string | undefined;
  /** Whether blocked addresses and restricted countries are turned away. */
  readonly isGuarded: boolean;
}

/** For how long an answer may be kept, in seconds. */
const KEPT = { second: 'public, max-age=1', tenSeconds: 'public, max-age=10' } as const;

const open = (
  ask: Ask,
  cacheControl: string | undefined,
  bucket: RequestBucket | undefined = 'default',
): Route => ({ ask, bucket, cacheControl, isGuarded: false });

const guarded = (
  ask: Ask,
  bucket: RequestBucket = 'default',
  cacheControl: string = KEPT.second,
): Route => ({ ask, bucket, cacheControl, isGuarded: true });

const { second, tenSeconds } = KEPT;

const ROUTES: readonly (readonly [pattern: string, route: Route])[] = [
  ['/height', open(askHeight, undefined)],
  ['/time', open(askTime, 'no-cache, no-store, no-transform')],
  ['/perpetualMarkets', open(askMarkets, second)],
  ['/orderbooks/perpetualMarket/:ticker', open(askBook, second)],
  ['/trades/perpetualMarket/:ticker', open(askTrades, second)],
  ['/candles/perpetualMarkets/:ticker', open(askCandles, second, 'candles')],
  ['/sparklines', open(askSparklines, tenSeconds, 'sparklines')],
  ['/historicalFunding/:ticker', open(askFunding, tenSeconds)],
  ['/addresses/:address', guarded(askAddress)],
  ['/addresses/:address/subaccountNumber/:subaccountNumber', guarded(askSubaccount)],
  [
    '/addresses/:address/parentSubaccountNumber/:parentSubaccountNumber',
    guarded(askParentSubaccount),
  ],
  ['/assetPositions', guarded(askAssetPositions('subaccount'))],
  ['/assetPositions/parentSubaccountNumber', guarded(askAssetPositions('parent'))],
  ['/perpetualPositions', guarded(askPositions('subaccount'))],
  ['/perpetualPositions/parentSubaccountNumber', guarded(askPositions('parent'))],
  ['/orders', guarded(askOrders('subaccount'), 'orders')],
  ['/orders/parentSubaccountNumber', guarded(askOrders('parent'), 'orders')],
  ['/orders/:orderId', { ...open(askOrder, second), bucket: undefined }],
  ['/fills', guarded(askFills('subaccount'), 'fills')],
  ['/fills/parentSubaccountNumber', guarded(askFills('parent'), 'fills')],
  ['/tradeHistory', guarded(askTradeHistory('subaccount'), 'fills')],
  ['/tradeHistory/parentSubaccountNumber', guarded(askTradeHistory('parent'), 'fills')],
  ['/transfers', guarded(askTransfers)],
  ['/transfers/parentSubaccountNumber', guarded(askParentTransfers)],
  ['/transfers/between', guarded(askTransfersBetween)],
  ['/fundingPayments', guarded(askFundingPayments('subaccount'), 'funding', tenSeconds)],
  [
    '/fundingPayments/parentSubaccount',
    guarded(askFundingPayments('parent'), 'funding', tenSeconds),
  ],
  ['/historical-pnl', guarded(askHistoricalPnl('subaccount'), 'historicalPnl', tenSeconds)],
  [
    '/historical-pnl/parentSubaccountNumber',
    guarded(askHistoricalPnl('parent'), 'historicalPnl', tenSeconds),
  ],
  ['/pnl', guarded(askPnl('subaccount'), 'pnl', tenSeconds)],
  ['/pnl/parentSubaccountNumber', guarded(askPnl('parent'), 'pnl', tenSeconds)],
  ['/historicalBlockTradingRewards/:address', open(askBlockRewards, tenSeconds)],
  ['/historicalTradingRewardAggregations/:address', open(askRewardAggregations, tenSeconds)],
  ['/screen', open(askScreen, undefined)],
  ['/compliance/screen/:address', open(askComplianceScreen, undefined)],
  ['/vault/v1/megavault/historicalPnl', open(askNoVaults('megavaultPnl'), tenSeconds)],
  ['/vault/v1/vaults/historicalPnl', open(askNoVaults('vaultsPnl'), tenSeconds)],
  ['/vault/v1/megavault/positions', open(askNoVaults('positions'), tenSeconds)],
];

const PATTERNS = ROUTES.map(([pattern, route]) => ({ names: pattern.split('/'), route }));

/** The route of a path and its parameters; one slash at the end is forgiven. */
export function routeOf(
  pathname: string,
): { readonly route: Route; readonly path: Parameters } | undefined {
  const parts = pathname.replace(/(?<=.)\/$/, '').split('/');
  for (const { names, route } of PATTERNS) {
    const path = matchPath(names, parts);
    if (path !== undefined) return { route, path };
  }
  return undefined;
}

function matchPath(names: readonly string[], parts: readonly string[]): Parameters | undefined {
  if (names.length !== parts.length) return undefined;
  const parameters = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? '';
    if (name.startsWith(':')) {
      if (part === '') return undefined;
      parameters.set(name.slice(1), decode(part));
    } else if (name !== part) return undefined;
  }
  return parameters;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
