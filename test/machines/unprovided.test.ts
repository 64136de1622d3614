/** Typed holes: an unfilled one fails by its name, and those that are left can be counted. */
import { EMPTY } from 'rxjs';
import {
  createActor,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  setup,
} from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  holesOf,
  unprovidedCallback,
  unprovidedEvents,
  unprovidedObservable,
  unprovidedPromise,
} from '../../machines/unprovided.machine.js';

const machine = setup({
  actors: {
    events: unprovidedEvents<{ type: 'news' }>('events'),
    values: unprovidedObservable<number>('values'),
    callback: unprovidedCallback<{ type: 'ask' }>('callback'),
    promise: unprovidedPromise<number>('promise'),
  },
}).createMachine({});

describe('a typed hole', () => {
  it.each([
    ['events', unprovidedEvents('events')],
    ['values', unprovidedObservable('values')],
    ['callback', unprovidedCallback('callback')],
    ['promise', unprovidedPromise('promise')],
  ])('for %s fails by its name when it is run unfilled', async (name, logic) => {
    const error = await new Promise<unknown>((resolve) => {
      const actor = createActor(logic as ReturnType<typeof unprovidedEvents>, { input: undefined });
      actor.subscribe({ error: resolve });
      actor.start();
    });
    expect(String(error)).toContain(`The actor "${name}" was not provided.`);
  });

  it('is counted until it is filled', () => {
    expect(holesOf(machine)).toEqual(['events', 'values', 'callback', 'promise']);
    const filled = machine.provide({
      actors: {
        events: fromEventObservable<{ type: 'news' }, undefined>(() => EMPTY),
        values: fromObservable<number, undefined>(() => EMPTY),
        callback: fromCallback<{ type: 'ask' }, undefined>(() => undefined),
        promise: fromPromise<number, undefined>(async () => 1),
      },
    });
    expect(holesOf(filled)).toEqual([]);
  });
});
