/** The operator's view of the running service: plain values read at the moment of asking. */
import { catchError, map, Observable, of } from 'rxjs';
import type { SnapshotFrom } from 'xstate';
import type { reconciliationMachine } from '../../machines/reconciliation.machine.js';
import { isNamed, refused, type Command, type CommandOutcome } from '../model/command.js';
import { formatDecimal } from '../model/decimal.js';
import {
  formatPrice,
  formatSize,
  formatUsd,
  notionalExponent,
  priceOfTicks,
  type MarketSpec,
} from '../model/market.js';
import { averageEntry } from '../model/position.js';

import { ORACLE_SCALE, type MarketId } from '../model/quantities.js';
import type { Breach } from '../model/risk.js';
import { SIGNAL_NAMES } from '../model/signal.js';
import type {
  AccountState,
  Control,
  DecisionState,
  FamilyState,
  MarketState,
  OrderState,
  PositionState,
  RiskState,
  ScorecardState,
  ServiceState,
  SignalState,
} from '../ports/control.js';
import { unrealizedPnl } from '../portfolio/position-accounting.js';
import { accountState, ifDeadState } from './account-projection.js';
import { stateName } from './actor-observables.js';
import { familyState } from './family-projection.js';
import { MarketExit } from './market-exit.js';
import type { ServiceRoot } from './service-root.js';

const MINUTE_MS = 60_000;

export class ControlProjection implements Control {
  readonly #root: ServiceRoot;
  readonly #exit: MarketExit;
  readonly #startedAt: number;

  constructor(root: ServiceRoot) {
    this.#root = root;
    this.#exit = new MarketExit(root);
    this.#startedAt = root.world.clock.now();
  }

  state(): ServiceState {
    const { world, heights, pipeline, core, actor, engine } = this.#root;
    const { config, subaccount } = world;
    const { connections, strategies } = actor.getSnapshot().context;
    const permission = core.permission(undefined);
    return {
      version: world.version,
      network: config.network,
      mode: config.mode,
      state: this.#root.state,
      startedAt: this.#startedAt,
      now: world.clock.now(),
      address: subaccount?.address ?? null,
      subaccount: subaccount?.number ?? 0,
      chainHeight: heights.chain ?? null,
      reconciliation: this.#reconciliation(),
      sweptAt: this.#root.steps.sweptAt ?? null,
      permission: {
        granted: permission.granted,
        reasons: permission.granted ? [] : permission.reasons,
      },
      connections: connections.map((name) => this.#connection(name)),
      endpoints: world.endpoints?.() ?? [],
      rest: world.restUsage?.() ?? [],
      strategies: strategies.map((name) => ({ name, state: this.#stateOf(`strategy.${name}`) })),
      engine: {
        ...engine.status,
        fallback: engine.status.fallback ?? null,
        alone: engine.status.alone ?? null,
      },
      frames: pipeline.counts,
      deadLetters: pipeline.letters,
      unknownVersions: pipeline.versions.alarms,
    };
  }

  markets(): readonly MarketState[] {
    const { pipeline, world } = this.#root;
    const now = world.clock.now();
    return pipeline.fold.markets.flatMap((market) => {
      const view = pipeline.fold.view(market, now);
      const flow1m = pipeline.fold.flow(market, now, MINUTE_MS);
      if (view === undefined || flow1m === undefined) return [];
      const { spec, book, oracle } = view;
      const best = (levels: typeof book.bids): string | null =>
        levels[0] === undefined ? null : formatPrice(spec, priceOfTicks(spec, levels[0].price));
      return [
        {
          market,
          status: spec.status,
          bookState: book.state,
          bookAgeMs: book.state === 'empty' ? null : now - book.updatedAt,
          bestBid: best(book.bids),
          bestAsk: best(book.asks),
          oraclePrice: oracle === undefined ? null : formatDecimal(oracle, ORACLE_SCALE),
          trades: pipeline.fold.tradeCount(market),
          flow1m,
        },
      ];
    });
  }

  signals(): readonly SignalState[] {
    const now = this.#root.world.clock.now();
    return [...this.#root.signals.values()].flatMap((lens) => {
      const { market, scores } = lens.set();
      return SIGNAL_NAMES.flatMap((name) => {
        const score = scores[name];
        if (score === undefined) return [];
        const { value, at, samples, warm } = score;
        return [{ market, name, value, ageMs: now - at, samples, warm }];
      });
    });
  }

  decisions(): readonly DecisionState[] {
    return [...this.#root.verdicts.values()].map((verdict) => ({
      type: verdict.type,
      strategy: verdict.strategy,
      market: verdict.market,
      side: verdict.type === 'enter' ? verdict.side : null,
      confidence: verdict.confidence ?? null,
      reasons: verdict.reasons,
      at: verdict.decidedAt,
    }));
  }

  scorecard(): ScorecardState {
    return this.#root.scorecard.report();
  }

  orders(): readonly OrderState[] {
    return this.#root.core.orders.all().flatMap((record) => {
      const { request, filled, state, reason } = record;
      const spec = this.#spec(request.market);
      if (spec === undefined) return [];
      return [
        {
          orderId: request.orderId,
          clientId: request.clientId,
          market: request.market,
          side: request.side,
          size: formatSize(spec, request.size),
          price: formatPrice(spec, request.price),
          filled: formatSize(spec, filled),
          reduceOnly: request.reduceOnly,
          purpose: request.purpose,
          state,
          reason: reason ?? null,
          goodTilBlock: request.goodTilBlock,
        },
      ];
    });
  }

  positions(): readonly PositionState[] {
    const { core, pipeline, world } = this.#root;
    return core.books.positions.ownedPositions().flatMap(({ owner, position }) => {
      const { market, size, realizedPnl, fees } = position;
      const spec = this.#spec(market);
      if (spec === undefined) return [];
      const oracle = pipeline.fold.view(market, world.clock.now())?.oracle;
      const entry = averageEntry(position, notionalExponent(spec));
      const open = oracle === undefined ? undefined : unrealizedPnl(position, spec, oracle);
      return [
        {
          market,
          strategy: owner ?? null,
          state: this.#positionState(owner, market),
          size: formatSize(spec, size),
          averageEntry: entry === undefined ? null : formatPrice(spec, entry),
          realizedPnlUsd: formatUsd(realizedPnl),
          unrealizedPnlUsd: open === undefined ? null : formatUsd(open),
          feesUsd: formatUsd(fees),
        },
      ];
    });
  }

  account(): AccountState {
    return accountState(this.#root);
  }

  family(): FamilyState {
    return familyState(this.#root);
  }

  risk(): RiskState {
    const { core, world } = this.#root;
    const ifDead = ifDeadState(this.#root);
    return {
      level: this.#root.riskLevel,
      breaches: this.#breaches(),
      exposureUsd: ifDead.worstUsd,
      ifDead,
      limits: world.config.risk,
      venueLimits: core.limits.usages().map((usage) => ({
        ...usage,
        limit: Number.isFinite(usage.limit) ? usage.limit : null,
      })),
      denials: core.denials.newest.map(({ at, denial }) => ({ at, ...denial })),
    };
  }

  isReady(): { readonly ready: boolean; readonly reasons: readonly string[] } {
    const permission = this.#root.core.permission(undefined);
    const isShadow = this.#root.world.config.mode === 'shadow';
    const ready = isShadow ? this.#root.state === 'trading' : permission.granted;
    return { ready, reasons: permission.granted ? [] : permission.reasons };
  }

  /**
   * Queued at the inbox. The answer comes when the command has been run and is on the disk, with
   * all that it latched: who was told that it is halted finds it halted after a crash.
   */
  command(command: Command): Observable<CommandOutcome> {
    const { journal, world } = this.#root;
    return new Observable<CommandOutcome>((subscriber) => {
      world.inbox.enter('command', 'operator', () => {
        const outcome = this.#run(command);
        const durable$ = world.inbox.door(
          'answer',
          'journal',
          journal.record({ type: 'command', command, accepted: outcome.accepted }),
        );
        const answer$ = durable$.pipe(
          map(() => outcome),
          catchError((error: Error) => of(undurable(outcome, error))),
        );
        subscriber.add(answer$.subscribe(subscriber));
      });
    });
  }

  #run(command: Command): CommandOutcome {
    const { hub, world } = this.#root;
    const at = world.clock.now();
    const { by } = command;
    world.log.write('warn', 'operator', { ...command });
    if (!isNamed(command)) {
      return refused('operator.unnamed', `by: expected who asks, was ${JSON.stringify(by)}`);
    }
    switch (command.type) {
      case 'halt':
        hub.risk$.next({ type: 'operator.halt', by, reason: command.reason, at });
        return this.#outcome();
      case 'resume':
        if (!this.#breaches().some(({ latched }) => latched)) {
          return refused('risk.nothing-latched', 'no latched cause is open');
        }
        hub.risk$.next({ type: 'operator.resume', by, reason: command.reason, at });
        return this.#outcome();
      case 'flatten':
        return this.#flatten(command);
      case 'engine.restore':
        return this.#restore(by);
      case 'pause':
      case 'unpause':
        return this.#pause(command.strategy, command.type);
    }
  }

  #flatten({ market, by, reason: why }: FlattenCommand): CommandOutcome {
    const { hub, world } = this.#root;
    if (market === undefined) {
      hub.risk$.next({ type: 'operator.flatten', by, reason: why, at: world.clock.now() });
      return this.#outcome();
    }
    const refusal = this.#exit.refusal(market);
    if (refusal !== undefined) return refusal;
    const others = this.#exit.others(market);
    this.#exit.leave(market, {
      code: 'operator.flatten',
      text: `${by}: flatten ${market}, ${why}`,
    });
    const stays = others === '' ? [] : [`${others} stays`];
    return this.#outcome(`${market} is being left`, ...stays);
  }

  #restore(by: string): CommandOutcome {
    const { engine, journal } = this.#root;
    if (!engine.restore())
      return refused('engine.no-fallback', 'both engines run, and the streaming one is heard');
    journal.write({ type: 'engine.restored', by });
    return { accepted: true, message: 'both engines begin anew' };
  }

  #pause(strategy: string, what: 'pause' | 'unpause'): CommandOutcome {
    const { hub, world } = this.#root;
    if (hub.strategies.next(strategy, { type: `strategy.${what}` })) {
      return this.#outcome(`${strategy} is ${this.#stateOf(`strategy.${strategy}`)}`);
    }
    const isConfigured = world.config.strategies.some(({ name }) => name === strategy);
    if (isConfigured) return this.#exit.notRunning(strategy);
    return refused('strategy.unknown', `no strategy ${strategy}`);
  }

  #outcome(...done: readonly string[]): CommandOutcome {
    return { accepted: true, message: [...done, `risk is ${this.#root.riskLevel}`].join('; ') };
  }

  #breaches(): readonly Breach[] {
    const snapshot = this.#root.child('risk')?.getSnapshot() as
      | { context: { breaches: Readonly<Record<string, Breach>> } }
      | undefined;
    return Object.values(snapshot?.context.breaches ?? {});
  }

  #connection(name: string): ServiceState['connections'][number] {
    const snapshot = this.#root.child(`connection.${name}`)?.getSnapshot() as
      | {
          value: unknown;
          context: { attempts: number; confirmed: readonly string[]; lastError: string | null };
        }
      | undefined;
    return {
      name,
      state: stateName(snapshot?.value),
      attempts: snapshot?.context.attempts ?? 0,
      subscriptions: snapshot?.context.confirmed.length ?? 0,
      lastError: snapshot?.context.lastError ?? null,
    };
  }

  #reconciliation(): ServiceState['reconciliation'] {
    const { children } = this.#root.actor.getSnapshot();
    const snapshot = children['reconcile']?.getSnapshot() as
      | SnapshotFrom<typeof reconciliationMachine>
      | undefined;
    if (snapshot === undefined) return null;
    const { value, context } = snapshot;
    const { height, attempts, steps, reason } = context;
    return { state: stateName(value), height, attempts, steps, reason: reason ?? null };
  }

  #stateOf(id: string): string {
    return stateName(this.#root.child(id)?.getSnapshot().value);
  }

  #positionState(owner: string | undefined, market: MarketId): string {
    const snapshot = this.#root.child(`strategy.${owner}`)?.getSnapshot() as
      | { context: { positions: Readonly<Record<string, { state: string }>> } }
      | undefined;
    return snapshot?.context.positions[market]?.state ?? 'unattended';
  }

  #spec(market: MarketId): MarketSpec | undefined {
    return this.#root.pipeline.fold.spec(market);
  }
}

type FlattenCommand = Extract<Command, { type: 'flatten' }>;

/** It has been done, but a restart will not know of it. */
const undurable = (outcome: CommandOutcome, { message }: Error): CommandOutcome => ({
  ...outcome,
  message: `${outcome.message}, but not on the disk: ${message}`,
});
