/** REST about accounts: subaccounts with their parents, balances and positions. */
import {
  parentSubaccountObject,
  restAssets,
  restPosition,
  subaccountObject,
  unsettledOf,
} from './account-objects.codec.js';
import type { ExchangePosition } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import { found, missing, type RestAnswer } from './rest-errors.js';
import type { Account, AccountKind } from './rest-parameters.js';
import { isBefore, membersOf, type Ask } from './rest-question.js';
import { subaccountUuid } from './venue-ids.codec.js';

const POSITION_STATUSES = ['OPEN', 'CLOSED', 'LIQUIDATED'];
/** Trading rewards have eighteen decimals, and are none at present. */
const NO_REWARDS = '0.000000000000000000';

/** As the real service says it: only some routes speak of subaccounts in the plural. */
export const noSubaccount = ({ kind, owner, text }: Account): RestAnswer =>
  missing(
    kind === 'parent'
      ? `No subaccounts found with address ${owner} and parentSubaccountNumber ${text}`
      : `No subaccount found with address ${owner} and subaccountNumber ${text}`,
  );

export const askAddress: Ask = ({ state, read }) => {
  const address = read.pathAddress();
  return () => {
    const subaccounts = state.subaccountsOf(address).map((view) => subaccountObject(state, view));
    return subaccounts.length === 0
      ? missing(`No subaccounts found for address ${address}`)
      : found({ subaccounts, totalTradingRewards: NO_REWARDS });
  };
};

export const askSubaccount: Ask = ({ state, read }) => {
  const account = read.account('subaccount');
  return () => {
    const { owner, number } = account;
    const view = state.exchange.subaccount({ owner, number });
    return view === undefined
      ? noSubaccount(account)
      : found({ subaccount: subaccountObject(state, view) });
  };
};

export const askParentSubaccount: Ask = ({ state, read }) => {
  const account = read.account('parent');
  return () => {
    const { owner, number, text } = account;
    const children = state.childrenOf(owner, number);
    return children.length === 0
      ? missing(`No subaccounts found for address ${owner} and parentSubaccountNumber ${text}`)
      : found({ subaccount: parentSubaccountObject(state, children, { owner, number }) });
  };
};

export const askAssetPositions =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    return () => {
      const views = membersOf(state, account).map((id) => state.exchange.subaccount(id));
      if (kind === 'subaccount' && views[0] === undefined) return noSubaccount(account);
      return found({
        positions: views.flatMap((view) => (view === undefined ? [] : restAssets(view))),
      });
    };
  };

/** Newest first, open and closed alike unless `status` says otherwise. */
export const askPositions =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const before = read.bounds('createdBeforeOrAt');
    const statuses = read.list(
      'status',
      POSITION_STATUSES,
      'status must be a valid Position Status (OPEN, etc)',
    );
    const isShown = (position: ExchangePosition): boolean =>
      (statuses?.includes(position.closed ? 'CLOSED' : 'OPEN') ?? true) &&
      isBefore(before, { height: position.createdAtHeight, timeMs: position.createdAtMs });
    const positionsOf = (id: SubaccountId) => {
      const view = state.exchange.subaccount(id);
      const open = view?.positions ?? [];
      return [
        ...open.filter(({ quantums }) => quantums !== 0n),
        ...state.exchange.closedPositions(id),
      ]
        .filter(isShown)
        .sort((a, b) => (a.openEventId < b.openEventId ? 1 : -1))
        .map((position) => ({ id, position, unsettled: unsettledOf(view, position) }));
    };
    return () => {
      const members = [...membersOf(state, account)].sort((a, b) =>
        subaccountUuid(a) < subaccountUuid(b) ? -1 : 1,
      );
      const positions = members
        .flatMap(positionsOf)
        .slice(0, limit)
        .map(({ id, ...position }) => restPosition(state, id, position));
      return found({ positions });
    };
  };
