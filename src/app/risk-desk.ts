/** Risk in the running service: breakers' edges in; latches, levels and flattening out. */
import { filter, interval, merge, switchMap, tap, type Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { RiskReport } from '../model/facts.js';
import type { Breach, RiskCause, RiskLevel } from '../model/risk.js';
import { breachEdges } from '../risk/breach.stream.js';
import { emitted$, stateName } from './actor-observables.js';
import type { HeightWatch } from './heights.js';
import { vitalSigns } from './housekeeping.js';
import type { JournalDesk } from './journal-desk.js';
import type { FactHub } from './provide.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface RiskDeskOptions {
  readonly world: World;
  readonly hub: FactHub;
  readonly core: TradingCore;
  readonly heights: HeightWatch;
  readonly journal: JournalDesk;
  readonly accountLive: () => boolean;
  /** Emits once, when there is an account to watch over; replays. */
  readonly watching$: Observable<unknown>;
}

/** Flattening is halted, and more. */
export function riskLevelOf(actor: AnyActorRef | undefined): RiskLevel {
  const snapshot = actor?.getSnapshot() as { readonly value?: unknown } | undefined;
  const [state] = stateName(snapshot?.value).split('.');
  return state === 'active' || state === 'reducing' ? state : 'halted';
}

/**
 * What is observed, as breaches of the risk machine: faults from the start of the service on, vital
 * signs from when there is something to watch over.
 */
export function breakers({
  world,
  hub,
  core,
  heights,
  journal,
  accountLive,
  watching$,
}: RiskDeskOptions): Observable<unknown> {
  const { maxDailyLossUsd } = world.config.risk;
  const signs$ = watching$.pipe(switchMap(() => vitalSigns(world, core, heights, accountLive)));
  return breachEdges(merge(core.observations$, signs$), {
    limits: { maxDailyLossUsd, maxDrawdownUsd: maxDailyLossUsd },
    scheduler: world.clock.scheduler,
    watching$,
    lossMark: () => core.money.lossMark,
  }).pipe(
    tap((edge) => {
      switch (edge.type) {
        case 'breach':
          return hub.risk$.next({ type: 'risk.breach', breach: edge.breach });
        case 'clear':
          return hub.risk$.next({ type: 'risk.clear', cause: edge.cause });
        case 'mark':
          core.money.lossMark = edge.mark;
          return journal.write({ type: 'loss.mark', mark: edge.mark });
      }
    }),
  );
}

const FLATTEN_MS = 1_000;

/**
 * Latches go to the journal, so that a restart clears none. While everything is to be left, so is
 * what comes about later: a fill before a cancel, positions of a strategy that has just started.
 */
export const hearRisk = (options: RiskDeskOptions, actor: AnyActorRef): Observable<unknown> =>
  merge(
    emitted$(actor).pipe(tap((report) => note(options, report as RiskReport))),
    interval(FLATTEN_MS, options.world.clock.scheduler).pipe(
      filter(() => isFlattening(actor) && isHolding(options)),
      tap(() => flatten(options, operatorsWords(actor))),
    ),
  );

interface RiskSnapshot {
  readonly value?: unknown;
  readonly context?: { readonly breaches: Readonly<Partial<Record<RiskCause, Breach>>> };
}

const snapshotOf = (actor: AnyActorRef): RiskSnapshot => actor.getSnapshot() as RiskSnapshot;

const isFlattening = (actor: AnyActorRef): boolean => snapshotOf(actor).value === 'flattening';

const operatorsWords = (actor: AnyActorRef): string =>
  snapshotOf(actor).context?.breaches.operator?.evidence ?? '';

const isHolding = ({ core }: RiskDeskOptions): boolean =>
  core.books.positions.ownedPositions().some(({ position }) => position.size !== 0n);

/** What is being left already goes on as it is. */
function flatten({ world, hub }: RiskDeskOptions, text: string): void {
  const reason = { code: 'operator.flatten', text };
  for (const { name } of world.config.strategies) {
    hub.strategies.next(name, { type: 'strategy.flatten', market: undefined, reason });
  }
}

function note(options: RiskDeskOptions, report: RiskReport): void {
  const { world, core, journal } = options;
  const { log, clock } = world;
  switch (report.type) {
    case 'risk.latched':
      log.write('error', 'risk.latched', { ...report.breach });
      return journal.write({ type: 'risk.latched', breach: report.breach });
    case 'risk.cleared': {
      const { cause, by } = report;
      log.write('warn', 'risk.cleared', { cause, by });
      if (cause === 'account.drift') core.money.accept();
      core.observations$.next({ type: 'cleared', cause, at: clock.now() });
      return journal.write({ type: 'risk.cleared', cause, by });
    }
    case 'risk.level': {
      const { level, causes } = report;
      journal.write({ type: 'risk.level', level, causes });
      const severity = level === 'active' ? 'info' : 'error';
      return log.write(severity, 'risk.level', { risk: level, causes });
    }
    case 'risk.flatten':
      return flatten(options, report.evidence);
  }
}
