/** Risk in the running service: breakers' edges in; latches, levels and flattening out. */
import { merge, switchMap, tap, type Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { RiskReport } from '../model/facts.js';
import type { RiskLevel } from '../model/risk.js';
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

/** Latches go to the journal, so that a restart clears none. */
export const hearRisk = (options: RiskDeskOptions, actor: AnyActorRef): Observable<unknown> =>
  emitted$(actor).pipe(tap((report) => note(options, report as RiskReport)));

function note({ world, hub, core, journal }: RiskDeskOptions, report: RiskReport): void {
  const { log, clock, config } = world;
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
      return log.write(level === 'active' ? 'info' : 'error', 'risk.level', { level, causes });
    }
    case 'risk.flatten': {
      const reason = { code: 'operator.flatten', text: report.evidence };
      for (const { name } of config.strategies) {
        hub.strategies.next(name, { type: 'strategy.flatten', market: undefined, reason });
      }
    }
  }
}
