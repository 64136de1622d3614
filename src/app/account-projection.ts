/** The account's money and the worst that its live orders can do, as plain values for operators. */
import { formatDecimal } from '../model/decimal.js';
import {
  freeCollateralOf,
  initialMargin,
  liquidationPrice,
  maintenanceMargin,
  marginNotional,
  type AccountRisk,
  type Holding,
} from '../model/account-margin.js';
import {
  formatPrice,
  formatSize,
  formatUsd,
  notionalExponent,
  type MarketSpec,
} from '../model/market.js';
import { averageEntry, type Position } from '../model/position.js';
import { ORACLE_SCALE, usd, type Usd } from '../model/quantities.js';
import type { AccountPositionState, AccountState, IfDeadState } from '../ports/control.js';
import { unrealizedPnl } from '../portfolio/position-accounting.js';
import { worstIfDead, type Lasting } from '../risk/dead-mans-switch.js';
import type { ServiceRoot } from './service-root.js';

const textOf = (value: Usd | undefined): string | null =>
  value === undefined ? null : formatUsd(value);

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
    usdc: textOf(money.usdc()),
    equityUsd: textOf(figures?.equity),
    initialMarginUsd: textOf(figures?.initialMargin),
    maintenanceMarginUsd: textOf(figures?.maintenanceMargin),
    freeCollateralUsd: textOf(figures && freeCollateralOf(figures)),
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
  account: AccountRisk | undefined,
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
      oraclePrice: oracle === undefined ? null : formatDecimal(oracle, ORACLE_SCALE),
      notionalUsd: textOf(held && marginNotional(held)),
      realizedPnlUsd: formatUsd(realizedPnl),
      unrealizedPnlUsd: textOf(
        oracle === undefined ? undefined : unrealizedPnl(position, spec, oracle),
      ),
      feesUsd: formatUsd(fees),
      fundingUsd: formatUsd(core.money.ledger.fundingOf(market)),
      initialMarginUsd: textOf(held && initialMargin(held)),
      maintenanceMarginUsd: textOf(held && maintenanceMargin(held)),
      liquidationPrice: held === undefined ? null : liquidationText(held, account, spec),
    },
  ];
}

/** To the market's finest price, rounded down. */
function liquidationText(
  held: Holding,
  account: AccountRisk | undefined,
  spec: MarketSpec,
): string | null {
  const price = account && liquidationPrice(account, held);
  if (price === undefined) return null;
  const scale = Math.min(ORACLE_SCALE, Math.max(0, -spec.priceExponent));
  return formatDecimal(price / 10n ** BigInt(ORACLE_SCALE - scale), scale);
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
