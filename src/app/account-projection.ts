/** The account's money and the worst that its live orders can do, as plain values for operators. */
import { formatPrice, formatSize, formatUsd, notionalExponent } from '../model/market.js';
import { averageEntry, type Position } from '../model/position.js';
import { usd, type Usd } from '../model/quantities.js';
import type { AccountPositionState, AccountState, IfDeadState } from '../ports/control.js';
import type { AccountFigures } from '../portfolio/account-figures.js';
import { positionFigures } from '../portfolio/family-figures.js';
import { unrealizedPnl } from '../portfolio/position-accounting.js';
import { worstIfDead, type Lasting } from '../risk/dead-mans-switch.js';
import type { ServiceRoot } from './service-root.js';
import { sumsState, textOf, valuedState } from './valued-projection.js';

export function accountState(root: ServiceRoot): AccountState {
  const { core, world } = root;
  const { money, books } = core;
  const { ledger } = money;
  const positions = books.positions.positions();
  const sum = (of: (position: Position) => bigint): Usd =>
    usd(positions.reduce((total, position) => total + of(position), 0n));
  const figures = money.figures();
  const pnl = money.pnl();
  const realized = sum(({ realizedPnl }) => realizedPnl);
  const fees = sum((position) => position.fees);
  const { funding, transfers, adjustments } = ledger;
  return {
    subaccount: world.subaccount?.number ?? 0,
    ...sumsState(figures),
    usdc: textOf(money.usdc()),
    pnlUsd: textOf(pnl),
    dayPnlUsd: textOf(money.dayPnl()),
    realizedPnlUsd: formatUsd(realized),
    unrealizedPnlUsd: textOf(pnl === undefined ? undefined : usd(pnl - realized - funding + fees)),
    feesUsd: formatUsd(fees),
    fundingUsd: formatUsd(funding),
    transfersUsd: formatUsd(transfers),
    adjustmentsUsd: formatUsd(adjustments),
    positions: positions
      .filter(({ size }) => size !== 0n)
      .flatMap((position) => positionState(root, position, figures)),
    venue: venueState(root),
  };
}

function positionState(
  root: ServiceRoot,
  position: Position,
  account: AccountFigures | undefined,
): readonly AccountPositionState[] {
  const { engine, core } = root;
  const { market, size, realizedPnl, fees } = position;
  const spec = engine.spec(market);
  if (spec === undefined) return [];
  const held = core.money.holding(position);
  const oracle = held?.oracle;
  const entry = averageEntry(position, notionalExponent(spec));
  return [
    {
      market,
      size: formatSize(spec, size),
      averageEntry: entry === undefined ? null : formatPrice(spec, entry),
      realizedPnlUsd: formatUsd(realizedPnl),
      unrealizedPnlUsd: textOf(
        oracle === undefined ? undefined : unrealizedPnl(position, spec, oracle),
      ),
      feesUsd: formatUsd(fees),
      fundingUsd: formatUsd(core.money.ledger.fundingOf(market)),
      ...valuedState(held && positionFigures(held, account)),
    },
  ];
}

function venueState({ core }: ServiceRoot): AccountState['venue'] {
  const { compared, differences } = core.money;
  if (compared === undefined) return null;
  return {
    height: compared.height,
    usdc: formatUsd(compared.usdc),
    equityUsd: formatUsd(compared.equity),
    freeCollateralUsd: formatUsd(compared.freeCollateral),
    agrees: differences.length === 0,
    differences: differences.map(({ figure, ours, venue, tolerance }) => ({
      figure,
      oursUsd: formatUsd(ours),
      venueUsd: formatUsd(venue),
      toleranceUsd: formatUsd(tolerance),
    })),
  };
}

export function ifDeadState({ core, heights }: ServiceRoot): IfDeadState {
  const holdings = [...core.holdings().values()];
  const specs = new Map(holdings.map(({ spec }) => [spec.market, spec]));
  const worst = worstIfDead(holdings, {
    height: heights.chain,
    msPerBlock: heights.msPerBlock,
  });
  return {
    ...lastingState(worst),
    orders: worst.orders,
    heldUsd: textOf(worst.held),
    worstUsd: textOf(worst.worst),
    markets: worst.markets.flatMap((each) => {
      const spec = specs.get(each.market);
      if (spec === undefined) return [];
      return [
        {
          ...lastingState(each),
          market: each.market,
          orders: each.orders,
          position: formatSize(spec, each.position),
          longest: formatSize(spec, each.longest),
          shortest: formatSize(spec, each.shortest),
          heldUsd: textOf(each.held),
          worstUsd: textOf(each.worst),
        },
      ];
    }),
  };
}

const lastingState = ({ lastBlock, blocks, ms }: Lasting) => ({
  lastBlock: lastBlock ?? null,
  blocks: blocks ?? null,
  seconds: ms === undefined ? null : Math.ceil(ms / 100) / 10,
});
