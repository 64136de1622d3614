/** Bugs that nobody caught: said, then the end, once, and soon. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchForBugs } from '../../src/app/bug-watch.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

const said: (readonly [event: string, fields: object | undefined])[] = [];
const log = {
  write: (_: string, event: string, fields?: object) => void said.push([event, fields]),
};

beforeEach(() => {
  said.length = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('a bug', () => {
  it.each(['uncaughtException', 'unhandledRejection'])(
    'of kind %s is logged and ends the process when all is closed',
    async (event) => {
      const process = new FakeProcess();
      const error = new Error('planted');
      watchForBugs({ process, log, close: () => Promise.resolve() });
      process.emit(event, error);
      expect(process.exits).toEqual([]);
      await vi.advanceTimersByTimeAsync(0);
      expect(process.exits).toEqual([70]);
      expect(said).toEqual([['process.broken', { error, stack: error.stack }]]);
    },
  );

  it('ends the process also when closing fails', async () => {
    const process = new FakeProcess();
    watchForBugs({ process, log, close: () => Promise.reject(new Error('stuck')) });
    process.emit('unhandledRejection', 'not even an error');
    await vi.advanceTimersByTimeAsync(0);
    expect(process.exits).toEqual([70]);
  });

  it('ends the process after two seconds when closing never ends; a second bug is only said', async () => {
    const process = new FakeProcess();
    const close = vi.fn<() => Promise<void>>(() => new Promise(() => undefined));
    watchForBugs({ process, log, close });
    process.emit('uncaughtException', new Error('one'));
    process.emit('uncaughtException', new Error('two'));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(process.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(process.exits).toEqual([70]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(said).toHaveLength(2);
  });

  it('is no longer watched for after the end of the run', () => {
    const process = new FakeProcess();
    watchForBugs({ process, log, close: () => Promise.resolve() }).unsubscribe();
    expect(process.eventNames()).toEqual([]);
  });
});
