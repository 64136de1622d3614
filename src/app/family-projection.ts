/** The family of subaccounts, each beside the venue's own figures, as plain values. */
import { parentNumber, type FamilyMember, type FigureDrift } from '../model/account.js';
import { formatSize, formatUsd } from '../model/market.js';
import { usd } from '../model/quantities.js';
import type { FamilyState } from '../ports/control.js';
import { agrees } from '../portfolio/account-figures.js';
import type { ComparedFigures, MemberFigures } from '../portfolio/family-figures.js';
import type { FamilyReading } from './family-watch.js';
import type { ServiceRoot } from './service-root.js';
import { sumsState, valuedState } from './valued-projection.js';

export function familyState({ family, world }: ServiceRoot): FamilyState {
  const { reading, failure, advice } = family;
  const traded = world.subaccount?.number ?? 0;
  const { members, totals } = reading?.figures ?? { members: [], totals: undefined };
  return {
    parent: parentNumber(traded),
    traded,
    readAt: reading?.at ?? null,
    ageMs: reading === undefined ? null : world.clock.now() - reading.at,
    failure: failure ?? null,
    advice: advice ?? null,
    totals: reading === undefined ? null : besideVenue(totals, reading.venue),
    subaccounts: members.map((each) => memberState(each, reading)),
  };
}

const memberState = ({ member, valued }: MemberFigures, reading: FamilyReading | undefined) => ({
  subaccount: member.number,
  height: member.height,
  ...besideVenue(valued, member),
  positions: member.positions.flatMap(({ market, size }) => {
    const spec = reading?.specOf(market);
    if (spec === undefined) return [];
    const position = valued?.positions.find(({ held }) => held.spec.market === market);
    const { isolated } = spec;
    return [{ market, isolated, size: formatSize(spec, size), ...valuedState(position) }];
  }),
});

const besideVenue = (
  ours: ComparedFigures | undefined,
  venue: Pick<FamilyMember, 'equity' | 'freeCollateral'>,
) => ({
  ...sumsState(ours?.figures),
  venue: {
    equityUsd: formatUsd(venue.equity),
    freeCollateralUsd: formatUsd(venue.freeCollateral),
    agrees: ours === undefined ? null : ours.compared.every(agrees),
    compared: (ours?.compared ?? []).map(comparedState),
  },
});

const comparedState = ({ figure, ours, venue, tolerance }: FigureDrift) => ({
  figure,
  oursUsd: formatUsd(ours),
  venueUsd: formatUsd(venue),
  differenceUsd: formatUsd(usd(ours - venue)),
  toleranceUsd: formatUsd(tolerance),
});
