/**
 * Fills every hole of every machine. Inputs come from keyed streams, so that an order's machine
 * sees its own events only; steps and the venue link are the composition root's.
 */
import { Observable, Subject } from 'rxjs';
import { fromEventObservable } from 'xstate';
import { connectionMachine } from '../../machines/connection.machine.js';
import { orderDeskMachine } from '../../machines/order-desk.machine.js';
import { orderMachine } from '../../machines/order.machine.js';
import { positionMachine } from '../../machines/position.machine.js';
import {
  reconciliationMachine,
  type ReconcileAsk,
  type ReconcileFact,
} from '../../machines/reconciliation.machine.js';
import { riskMachine } from '../../machines/risk.machine.js';
import {
  serviceMachine,
  type ServiceFact,
  type StepFact,
  type StepInput,
} from '../../machines/service.machine.js';
import { strategyMachine } from '../../machines/strategy.machine.js';
import { socketSession, type SocketSessionOptions } from '../connection/socket-session.actor.js';
import type { DeskFact, OrderFact, PositionFact, RiskFact, StrategyFact } from '../model/facts.js';
import type { OrderId } from '../model/quantities.js';
import { KeyedSubject } from '../operators/keyed-subject.stream.js';
import { positionKey } from './books.js';
import { venueLinkLogic, type VenueLinkOptions } from './venue-link.js';

/** Where facts for the machines go in: by order, by desk, by position, by strategy. */
export class FactHub {
  readonly orders = new KeyedSubject<OrderId, OrderFact>();
  readonly desks = new KeyedSubject<string, DeskFact>();
  readonly positions = new KeyedSubject<string, PositionFact>();
  readonly strategies = new KeyedSubject<string, StrategyFact>();
  readonly risk$ = new Subject<RiskFact>();
  readonly service$ = new Subject<ServiceFact>();
}

/** What each step of the service's life does: cold, and left when its state is left. */
export interface Steps {
  readonly boot: () => Observable<StepFact>;
  readonly recover: () => Observable<StepFact>;
  readonly connect: () => Observable<StepFact>;
  readonly drain: () => Observable<StepFact>;
}

/** What each step of a reconciliation does. */
export type ReconcileSteps = Readonly<
  Record<
    | 'heights'
    | 'limits'
    | 'claim'
    | 'account'
    | 'orders'
    | 'unlisted'
    | 'fills'
    | 'merging'
    | 'blocks'
    | 'comparing',
    (ask: ReconcileAsk) => Observable<ReconcileFact>
  >
>;

export interface Provisions {
  readonly hub: FactHub;
  readonly steps: Steps;
  readonly reconcile: ReconcileSteps;
  readonly session: SocketSessionOptions;
  readonly venueLink: VenueLinkOptions;
}

export function provideService({ hub, steps, reconcile, session, venueLink }: Provisions) {
  const order = orderMachine.provide({
    actors: { facts: fromEventObservable(({ input }) => hub.orders.at(input.orderId)) },
  });
  const orderDesk = orderDeskMachine.provide({
    actors: { facts: fromEventObservable(({ input }) => hub.desks.at(input.strategy)), order },
  });
  const position = positionMachine.provide({
    actors: {
      facts: fromEventObservable(({ input }) =>
        hub.positions.at(positionKey(input.strategy, input.market)),
      ),
    },
  });
  const strategy = strategyMachine.provide({
    actors: {
      facts: fromEventObservable(({ input }) => hub.strategies.at(input.strategy)),
      position,
    },
  });
  return serviceMachine.provide({
    actors: {
      facts: fromEventObservable(() => hub.service$),
      venueLink: venueLinkLogic(venueLink),
      boot: stepActor(steps.boot),
      recover: stepActor(steps.recover),
      connect: stepActor(steps.connect),
      reconcile: reconciliation(reconcile),
      drain: stepActor(steps.drain),
      risk: riskMachine.provide({ actors: { facts: fromEventObservable(() => hub.risk$) } }),
      connection: connectionMachine.provide({ actors: { socket: socketSession(session) } }),
      orderDesk,
      strategy,
    },
  });
}

const reconciliation = (steps: ReconcileSteps) =>
  reconciliationMachine.provide({
    actors: {
      heights: askActor(steps.heights),
      limits: askActor(steps.limits),
      claim: askActor(steps.claim),
      account: askActor(steps.account),
      orders: askActor(steps.orders),
      unlisted: askActor(steps.unlisted),
      fills: askActor(steps.fills),
      merging: askActor(steps.merging),
      blocks: askActor(steps.blocks),
      comparing: askActor(steps.comparing),
    },
  });

const askActor = (step: ReconcileSteps[keyof ReconcileSteps]) =>
  fromEventObservable<ReconcileFact, ReconcileAsk>(({ input }) => step(input));

/** A step's stream never completes by itself: the machine leaves it with its state. */
const stepActor = (step: () => Observable<StepFact>) =>
  fromEventObservable<StepFact, StepInput>(
    () =>
      new Observable((subscriber) =>
        step().subscribe({
          next: (fact) => subscriber.next(fact),
          error: (error: unknown) => subscriber.error(error),
        }),
      ),
  );

export type ProvidedService = ReturnType<typeof provideService>;
