/** A parent for one machine under test, on a simulated clock; it keeps what is told and asked. */
import { NEVER } from 'rxjs';
import {
  createActor,
  fromCallback,
  fromEventObservable,
  setup,
  SimulatedClock,
  type ActorRefFrom,
  type AnyStateMachine,
  type EventObject,
  type InputFrom,
  type NonReducibleUnknown,
} from 'xstate';
import type { Fact } from './explore.js';

/** Facts that never come: tests send them by hand. */
export const silence = <
  TEvent extends EventObject,
  TInput extends NonReducibleUnknown = undefined,
>() => fromEventObservable<TEvent, TInput>(() => NEVER);

export interface Hosted<TMachine extends AnyStateMachine> {
  readonly subject: ActorRefFrom<TMachine>;
  /** What the machine told its parent. */
  readonly told: readonly Fact[];
  /** What it asked of the venue. */
  readonly asked: readonly Fact[];
  readonly toldOf: (type: string) => readonly Fact[];
  /** Passes time in steps of 50 ms, so that timers set by timers fire too. */
  readonly wait: (ms: number) => void;
  readonly stop: () => void;
}

export function host<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: InputFrom<TMachine>,
): Hosted<TMachine> {
  const clock = new SimulatedClock();
  const told: Fact[] = [];
  const asked: Fact[] = [];
  const parent = setup({
    actors: {
      subject: machine as AnyStateMachine,
      venueLink: fromCallback<Fact>(({ receive }) => receive((event) => asked.push(event))),
    },
    actions: { keep: ({ event }) => told.push(event) },
  }).createMachine({
    invoke: [
      { id: 'venueLink', systemId: 'venueLink', src: 'venueLink' },
      { id: 'subject', src: 'subject', input },
    ],
    on: { '*': { actions: 'keep' } },
  });
  const root = createActor(parent, { clock }).start();
  const subject = root.getSnapshot().children['subject'] as unknown as ActorRefFrom<TMachine>;
  return {
    subject,
    told,
    asked,
    toldOf: (type) => told.filter((event) => event.type === type),
    wait: (ms) => {
      for (let passed = 0; passed < ms; passed += 50) clock.increment(Math.min(50, ms - passed));
    },
    stop: () => root.stop(),
  };
}
