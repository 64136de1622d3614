/** REST about profit: hourly looks at subaccounts, in the older form and in the newer one. */
import type { PnlTick } from '../chain-messages.js';
import { noSubaccount } from './rest-accounts.codec.js';
import { found, missing } from './rest-errors.js';
import type { AccountKind, ParameterReader } from './rest-parameters.js';
import { isAfter, isBefore, membersOf, pageOf, type Ask } from './rest-question.js';
import { isoText, usdText } from './wire-units.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Newest first. Of a parent, ticks of one hour are added up. */
export const askHistoricalPnl =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const isShown = readBounds(read);
    const page = read.page();
    return () => {
      const members = membersOf(state, account);
      const views = members.filter((id) => state.exchange.subaccount(id) !== undefined);
      if (views.length === 0) return noSubaccount(account);
      const ticks = members
        .flatMap((id) => state.exchange.pnlTicks(id))
        .filter(isShown)
        .sort((a, b) => b.height - a.height);
      if (kind === 'parent') {
        const hours = addedUp(ticks.slice(0, limit), HOUR_MS);
        return found({ historicalPnl: hours.map(({ tick }) => oldTick(tick)) });
      }
      const { shown, totals } = pageOf(ticks, { limit, page });
      return found({ historicalPnl: shown.map(oldTick), ...totals });
    };
  };

/** Of hours, or with `daily` the first look of each day; the time is the period's beginning. */
export const askPnl =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const isShown = readBounds(read);
    const page = kind === 'parent' ? undefined : read.page();
    const isDaily = ['true', '1'].includes(read.flag('daily') ?? '');
    return () => {
      const { owner, number, text } = account;
      if (kind === 'subaccount' && state.exchange.subaccount({ owner, number }) === undefined) {
        return noSubaccount(account);
      }
      const ticks = membersOf(state, account)
        .flatMap((id) => state.exchange.pnlTicks(id))
        .filter(isShown)
        .sort((a, b) => b.timeMs - a.timeMs);
      const periods = isDaily ? addedUp(firstOfDays(ticks), DAY_MS) : addedUp(ticks, HOUR_MS);
      const { shown, totals } = pageOf(periods, { limit, page });
      if (kind === 'parent' && shown.length === 0) {
        const parent = `parentSubaccountNumber ${text}`;
        return missing(`No PnL data found for address ${owner} and ${parent}`);
      }
      return found({ pnl: shown.map(newTick), ...totals });
    };
  };

function readBounds(read: ParameterReader): (tick: PnlTick) => boolean {
  const before = read.bounds('createdBeforeOrAt');
  const after = read.bounds('createdOnOrAfter');
  return (tick) => isBefore(before, tick) && isAfter(after, tick);
}

interface Period {
  readonly startsAtMs: number;
  readonly tick: PnlTick;
}

/** Sums by period, in the order of the ticks; time of the first, the greatest height. */
function addedUp(ticks: readonly PnlTick[], periodMs: number): readonly Period[] {
  const periods = new Map<number, PnlTick>();
  for (const tick of ticks) {
    const startsAtMs = Math.floor(tick.timeMs / periodMs) * periodMs;
    const sum = periods.get(startsAtMs);
    periods.set(
      startsAtMs,
      sum === undefined
        ? tick
        : {
            ...sum,
            equity: sum.equity + tick.equity,
            totalPnl: sum.totalPnl + tick.totalPnl,
            netTransfers: sum.netTransfers + tick.netTransfers,
            height: Math.max(sum.height, tick.height),
          },
    );
  }
  return [...periods].map(([startsAtMs, tick]) => ({ startsAtMs, tick }));
}

/** Of every day only what was seen at its earliest moment, by whichever subaccounts. */
function firstOfDays(ticks: readonly PnlTick[]): readonly PnlTick[] {
  const earliest = new Map<number, number>();
  const dayOf = ({ timeMs }: PnlTick): number => Math.floor(timeMs / DAY_MS);
  for (const tick of ticks) {
    earliest.set(dayOf(tick), Math.min(earliest.get(dayOf(tick)) ?? Infinity, tick.timeMs));
  }
  return ticks.filter((tick) => earliest.get(dayOf(tick)) === tick.timeMs);
}

const oldTick = (tick: PnlTick) => ({
  equity: usdText(tick.equity),
  totalPnl: usdText(tick.totalPnl),
  netTransfers: usdText(tick.netTransfers),
  createdAt: isoText(tick.timeMs),
  blockHeight: String(tick.height),
  blockTime: isoText(tick.timeMs),
});

const newTick = ({ startsAtMs, tick }: Period) => ({
  equity: usdText(tick.equity),
  netTransfers: usdText(tick.netTransfers),
  totalPnl: usdText(tick.totalPnl),
  createdAt: isoText(startsAtMs),
  createdAtHeight: String(tick.height),
});
