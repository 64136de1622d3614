/**
 * Typed holes: actor logic that a machine declares and the composition root fills in. A hole that
 * is run unfilled fails with its name; `holesOf` lists those that are left.
 */
import {
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  type AnyStateMachine,
  type CallbackActorLogic,
  type EventObject,
  type NonReducibleUnknown,
  type ObservableActorLogic,
  type PromiseActorLogic,
} from 'xstate';

const holes = new WeakSet<object>();

function hole<TLogic extends object>(logic: TLogic): TLogic {
  holes.add(logic);
  return logic;
}

function failUnfilled(name: string): never {
  throw new Error(`The actor "${name}" was not provided.`);
}

/** A hole for `fromEventObservable`: its values become events of the machine. */
export const unprovidedEvents = <
  TEvent extends EventObject,
  TInput extends NonReducibleUnknown = undefined,
>(
  name: string,
): ObservableActorLogic<TEvent, TInput> =>
  hole(fromEventObservable<TEvent, TInput>(() => failUnfilled(name)));

/** A hole for `fromObservable`: its values are seen by `onSnapshot`. */
export const unprovidedObservable = <TValue, TInput extends NonReducibleUnknown = undefined>(
  name: string,
): ObservableActorLogic<TValue, TInput> =>
  hole(fromObservable<TValue, TInput>(() => failUnfilled(name)));

/** A hole for `fromCallback`: it receives `TEvent` and sends back what it likes. */
export const unprovidedCallback = <
  TEvent extends EventObject,
  TInput extends NonReducibleUnknown = undefined,
>(
  name: string,
): CallbackActorLogic<TEvent, TInput> =>
  hole(fromCallback<TEvent, TInput>(() => failUnfilled(name)));

/** A hole for `fromPromise`: one question, one answer. */
export const unprovidedPromise = <TOutput, TInput extends NonReducibleUnknown = undefined>(
  name: string,
): PromiseActorLogic<TOutput, TInput> =>
  hole(fromPromise<TOutput, TInput>(async () => failUnfilled(name)));

/** Names of the holes that a machine still has. */
export const holesOf = (machine: AnyStateMachine): readonly string[] =>
  Object.entries(machine.implementations.actors)
    .filter(([, logic]) => typeof logic === 'object' && holes.has(logic))
    .map(([name]) => name);
