/** REST about fills, and about what they did to the positions. */
import type { ExchangeFill } from '../exchange-types.js';
import type { IndexerState } from './indexer-state.codec.js';
import { restFill } from './order-objects.codec.js';
import { found, missing } from './rest-errors.js';
import type { AccountKind, ParameterReader } from './rest-parameters.js';
import { byEventId, isBefore, membersOf, pageOf, type Ask } from './rest-question.js';
import { tradeHistoryRows } from './trade-history.codec.js';

const MARKET_TYPES = ['PERPETUAL', 'SPOT'];
const FILL_TYPES = [
  'LIMIT',
  'LIQUIDATED',
  'LIQUIDATION',
  'DELEVERAGED',
  'OFFSETTING',
  'TWAP_SUBORDER',
];

/** Newest first; by pages oldest first. Of a parent, market and time are checked and ignored. */
export const askFills =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const before = read.bounds('createdBeforeOrAt');
    const page = read.page();
    const market = readMarket(read);
    const words = FILL_TYPES.join(',');
    const included = read.list('includeTypes', FILL_TYPES, `includeTypes must be one of ${words}`);
    const excluded = read.list('excludeTypes', FILL_TYPES, `excludeTypes must be one of ${words}`);
    return () => {
      if (kind === 'subaccount' && !isKnown(state, market)) return noMarket(market);
      const isShown = (fill: ExchangeFill): boolean =>
        (kind === 'parent' || (isOf(state, market, fill) && isBefore(before, fill))) &&
        (included?.includes(fill.type) ?? true) &&
        !(excluded?.includes(fill.type) ?? false);
      const fills = membersOf(state, account).flatMap((id) => state.exchange.fills(id));
      const ascending = fills.filter(isShown).sort(byEventId);
      const ordered = page === undefined ? ascending.reverse() : ascending;
      const { shown, totals } = pageOf(ordered, { limit, page });
      return found({ fills: shown.map((fill) => restFill(state, fill)), ...totals });
    };
  };

/** Always with its totals. */
export const askTradeHistory =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const page = read.page();
    const market = readMarket(read);
    return () => {
      if (!isKnown(state, market)) return noMarket(market);
      const rows = tradeHistoryRows(
        state,
        membersOf(state, account)
          .flatMap((id) => state.exchange.fills(id))
          .filter((fill) => isOf(state, market, fill)),
      );
      const { shown, totals } = pageOf(rows, { limit, page: page ?? 1 });
      return found({ tradeHistory: shown, ...totals });
    };
  };

interface MarketFilter {
  readonly market: string | undefined;
  readonly marketType: string | undefined;
}

/** Both or neither. */
function readMarket(read: ParameterReader): MarketFilter {
  read.together('market', 'marketType');
  read.together('marketType', 'market');
  const marketType = read.choice(
    'marketType',
    MARKET_TYPES,
    'marketType must be a valid market type (PERPETUAL/SPOT)',
  );
  return { market: read.query('market'), marketType };
}

const isKnown = (state: IndexerState, { market, marketType }: MarketFilter): boolean =>
  market === undefined || (marketType === 'PERPETUAL' && state.marketOf(market) !== undefined);

const noMarket = ({ market, marketType }: MarketFilter) =>
  missing(`${market ?? ''} not found in markets of type ${marketType ?? ''}`);

const isOf = (state: IndexerState, { market }: MarketFilter, fill: ExchangeFill): boolean =>
  market === undefined || state.market(fill.clobPairId).ticker === market;
