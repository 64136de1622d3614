/**
 * One strategy in the running service: its decisions, its gate and its stops go in; its wishes and
 * positions come out, and so do the reports of its orders.
 */
import {
  EMPTY,
  ignoreElements,
  merge,
  of,
  Subject,
  switchMap,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { Verdict } from '../model/decision.js';
import type { DeskFault, OrderReport, StrategyReport } from '../model/facts.js';
import type { MarketId } from '../model/quantities.js';
import type { MarketEngine } from '../ports/engine.js';
import type { OwnedPosition } from '../portfolio/position-book.js';
import type { Holding } from '../strategy/exit-watch.js';
import { exits } from '../strategy/exit-watch.stream.js';
import { emitted$ } from './actor-observables.js';
import { sizeText } from './amounts.js';
import { positionKey } from './books.js';
import { gateEdges } from './housekeeping.js';
import { ownPosition } from './own-position.js';
import type { FactHub } from './provide.js';
import type { QuoteDesk } from './quote-desk.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface StrategyDeskOptions {
  readonly world: World;
  readonly hub: FactHub;
  readonly core: TradingCore;
  readonly pipeline: MarketEngine;
  /** Whatever may change the permission, besides time. */
  readonly hints$: Observable<unknown>;
  readonly quotes: Pick<QuoteDesk, 'ended' | 'leave' | 'pullAll'>;
  /** True from when the signals of one market are warm; replays. */
  readonly warm$: Observable<boolean>;
  readonly onFault: (reason: string) => void;
}

export class StrategyDesk {
  readonly #options: StrategyDeskOptions;
  /** Why the newest verdicts to enter were not acted on, as long as that does not change. */
  readonly #told = new Map<MarketId, string>();

  constructor(options: StrategyDeskOptions) {
    this.#options = options;
  }

  /** Reports of a strategy's orders. */
  hearDesk(strategy: string, actor: AnyActorRef): Observable<unknown> {
    return emitted$(actor).pipe(
      tap((event) => {
        const report = event as OrderReport | DeskFault;
        if (report.type === 'desk.fault') this.#options.onFault(report.reason);
        else this.#options.core.report(strategy, report);
        if (report.type === 'order.ended') this.#options.quotes.ended(report);
      }),
    );
  }

  /** A strategy's wishes out, its gate and its warmth in. */
  hearStrategy(name: string, actor: AnyActorRef): Observable<unknown> {
    const { world, hub, core, hints$, quotes, warm$ } = this.#options;
    const gate$ = gateEdges(world, core, hints$).pipe(
      tap((reason) => {
        world.log.write('info', reason === undefined ? 'gate.opened' : 'gate.closed', { reason });
        hub.strategies.next(
          name,
          reason === undefined ? { type: 'gate.opened' } : { type: 'gate.closed', reason },
        );
        if (reason !== undefined) quotes.pullAll(reason);
      }),
    );
    const warmth$ = warm$.pipe(
      tap((isWarm) => {
        if (isWarm) hub.strategies.next(name, { type: 'strategy.warm' });
      }),
    );
    // The child starts when this turn of its parent's mailbox is over: not yet.
    const facts$ = timer(0, world.clock.scheduler).pipe(switchMap(() => merge(gate$, warmth$)));
    const reports$ = emitted$(actor).pipe(tap((report) => this.#hear(report as StrategyReport)));
    return merge(reports$, facts$);
  }

  /** Quotes are no decisions: their desk hears every look. */
  decide(verdict: Verdict): void {
    const { world, hub } = this.#options;
    const { strategy, market, type, confidence = null } = verdict;
    const side = verdict.type === 'enter' ? verdict.side : null;
    const reasons = verdict.reasons.map(({ text }) => text).join('; ');
    const level = type === 'enter' ? 'info' : 'debug';
    world.log.write(level, `decision.${type}`, { market, side, confidence, reasons });
    if (type === 'hold') this.#told.delete(market);
    if (type !== 'quote') hub.strategies.next(strategy, { type: 'verdict', verdict });
  }

  /**
   * Stops and targets go straight to the positions that they concern. A position that the start has
   * found has no machine yet: what nobody hears is said again.
   */
  stops(strategy: string): Observable<never> {
    const { world, hub, core, pipeline } = this.#options;
    const settings = world.config.strategies.find(({ name }) => name === strategy);
    const holdings$ = core.books.owned$.pipe(
      switchMap((owned) => (owned.owner === strategy ? this.#holding(owned) : EMPTY)),
    );
    const unheard$ = new Subject<MarketId>();
    const { markets$ } = pipeline;
    return exits({ markets$, holdings$, unheard$ }, settings ?? {}).pipe(
      tap((edges) => {
        for (const { type, market, moveBps } of edges) {
          const reason = { code: `exit.${type}`, text: `${type} at ${moveBps.toFixed(1)} bps` };
          const fact = { type: 'position.exit', reason } as const;
          if (!hub.positions.next(positionKey(strategy, market), fact)) unheard$.next(market);
        }
      }),
      ignoreElements(),
    );
  }

  #holding({ position }: OwnedPosition): Observable<Holding> {
    const { market, size } = position;
    const spec = this.#options.pipeline.fold.spec(market);
    if (spec === undefined) return EMPTY;
    if (size === 0n) return of({ market, side: undefined, entryUsd: 0 });
    const { entryUsd = 0 } = ownPosition(position, spec);
    return entryUsd > 0 ? of({ market, side: size > 0n ? 'buy' : 'sell', entryUsd }) : EMPTY;
  }

  #deny({ strategy, market, denial }: Extract<StrategyReport, { type: 'entry.denied' }>): void {
    const { core, world } = this.#options;
    if (this.#told.get(market) === denial.code) return;
    this.#told.set(market, denial.code);
    core.denials.note({ at: world.clock.now(), id: `${strategy}/${market}`, denial });
    world.log.write('info', 'order.denied', { market, purpose: 'entry', ...denial });
  }

  #hear(report: StrategyReport): void {
    const { core, world, onFault, quotes } = this.#options;
    switch (report.type) {
      case 'order.wish': {
        const { wish } = report;
        this.#told.delete(wish.market);
        if (wish.purpose === 'entry') return core.wish(wish);
        if (!quotes.leave(wish.market, wish.reason.text)) return core.wish(wish);
        // Their cancels are next in line, and leave first.
        return world.inbox.enter('fact', 'exit', () => core.wish(wish));
      }
      case 'entry.denied':
        return this.#deny(report);
      case 'wish.overdue':
        return core.overdue(report.strategy, report.wishId);
      case 'strategy.fault':
        return onFault(report.reason);
      case 'strategy.position': {
        const { market, state, size } = report;
        const words = sizeText(this.#options.pipeline.fold.spec(market), size);
        return world.log.write('info', 'position', { market, state, size: words });
      }
    }
  }
}
