/**
 * A parent subaccount and its children in figures, each computed as the traded account is, and the
 * venue's own beside them. Equities add up; margins do not net: a child stands and falls alone.
 */
import type { FamilyMember, FigureDrift } from '../model/account.js';
import {
  initialMargin,
  liquidationPrice,
  maintenanceMargin,
  marginNotional,
  type Holding,
  type MarginTerms,
} from '../model/account-margin.js';
import { usd, type MarketId, type OraclePrice, type Usd } from '../model/quantities.js';
import { accountFigures, comparedFigures, type AccountFigures } from './account-figures.js';

export interface PositionFigures {
  readonly held: Holding;
  readonly notional: Usd;
  readonly initialMargin: Usd;
  readonly maintenanceMargin: Usd;
  /** Undefined: no price liquidates its account. */
  readonly liquidationPrice: OraclePrice | undefined;
}

export interface ComparedFigures {
  readonly figures: AccountFigures;
  /** Equity and free collateral; the balance is the venue's own word. */
  readonly compared: readonly FigureDrift[];
}

export interface MemberFigures {
  readonly member: FamilyMember;
  /** Undefined while one of its positions cannot be valued. */
  readonly valued:
    | (ComparedFigures & { readonly positions: readonly PositionFigures[] })
    | undefined;
}

export interface FamilyFigures {
  readonly members: readonly MemberFigures[];
  /** Sums over the members; undefined while one of them cannot be valued. */
  readonly totals: ComparedFigures | undefined;
}

interface Family {
  readonly members: readonly FamilyMember[];
  readonly equity: Usd;
  readonly freeCollateral: Usd;
}

/** `termsOf` a member's market: undefined where nothing is known to value it with. */
export function familyFigures(
  family: Family,
  termsOf: (market: MarketId, member: FamilyMember) => MarginTerms | undefined,
): FamilyFigures {
  const members = family.members
    .toSorted((a, b) => a.number - b.number)
    .map((member) => memberFigures(member, (market) => termsOf(market, member)));
  return { members, totals: totalsOf(family, members) };
}

function memberFigures(
  member: FamilyMember,
  termsOf: (market: MarketId) => MarginTerms | undefined,
): MemberFigures {
  const open = member.positions.filter(({ size }) => size !== 0n);
  const holdings = open.flatMap(({ market, size }): readonly Holding[] => {
    const terms = termsOf(market);
    return terms === undefined ? [] : [{ ...terms, size }];
  });
  if (holdings.length < open.length) return { member, valued: undefined };
  const figures = accountFigures(member.usdc, holdings);
  const positions = holdings.map((held) => positionFigures(held, figures));
  return { member, valued: { figures, positions, compared: besideVenue(figures, member, 1) } };
}

/** `account`: the one that holds it, undefined while that cannot be valued. */
export const positionFigures = (
  held: Holding,
  account: AccountFigures | undefined,
): PositionFigures => ({
  held,
  notional: marginNotional(held),
  initialMargin: initialMargin(held),
  maintenanceMargin: maintenanceMargin(held),
  liquidationPrice: account && liquidationPrice(account, held),
});

function totalsOf(family: Family, members: readonly MemberFigures[]): ComparedFigures | undefined {
  const all = members.flatMap(({ valued }) => (valued === undefined ? [] : [valued.figures]));
  if (all.length < members.length) return undefined;
  const sum = (of: (figures: AccountFigures) => bigint): Usd =>
    usd(all.reduce((total, each) => total + of(each), 0n));
  const figures: AccountFigures = {
    usdc: sum(({ usdc }) => usdc),
    equity: sum(({ equity }) => equity),
    initialMargin: sum((each) => each.initialMargin),
    maintenanceMargin: sum((each) => each.maintenanceMargin),
    unscaledFreeCollateral: sum(({ unscaledFreeCollateral }) => unscaledFreeCollateral),
    notional: sum(({ notional }) => notional),
    positions: all.reduce((total, { positions }) => total + positions, 0),
  };
  return { figures, compared: besideVenue(figures, family, all.length) };
}

/** Each member's balance was cut off by itself. */
const besideVenue = (
  figures: AccountFigures,
  venue: Pick<Family, 'equity' | 'freeCollateral'>,
  cuts: number,
): readonly FigureDrift[] =>
  comparedFigures(figures, { ...venue, usdc: figures.usdc }, cuts).filter(
    ({ figure }) => figure !== 'usdc',
  );
