/**
 * The ports of a process that may die at any step: each step to the outside and back is told by name, before
 * and after it is done, and nothing passes any more once the process is dead.
 */
import { concatMap, defer, map, NEVER, Observable, of, tap, timer } from 'rxjs';
import { Failure } from '../../src/model/result.js';
import type { Clock } from '../../src/ports/clock.js';
import type { HttpAnswer, HttpPort } from '../../src/ports/http.js';
import type { SocketPort, SocketSignal } from '../../src/ports/socket.js';

/** Tells a step. False when the process is dead: before the step, or since. */
export type Step = (name: string) => boolean;

export const cutHttp = (http: HttpPort, step: Step): HttpPort => ({
  send: (request) =>
    defer(() => {
      const [, path = 'rpc'] = /\/v4(\/[A-Za-z]+)/.exec(request.url) ?? [];
      if (!step(`ask ${path}`)) return NEVER;
      return http
        .send(request)
        .pipe(concatMap((answer) => (step(`answer ${path}`) ? of(answer) : NEVER)));
    }),
});

export const cutSockets = (sockets: SocketPort, step: Step): SocketPort => ({
  socket: (url) => {
    const socket = sockets.socket(url);
    return {
      ...socket,
      signals$: new Observable<SocketSignal>((subscriber) =>
        socket.signals$.subscribe({
          next: (signal) => {
            const name = nameOf(signal);
            if (!step(`hear ${name}`)) return;
            subscriber.next(signal);
            step(`heard ${name}`);
          },
          complete: () => subscriber.complete(),
        }),
      ),
      send: (text) => {
        if (step('subscribe')) socket.send(text);
      },
    };
  },
});

function nameOf(signal: SocketSignal): string {
  if (signal.type !== 'frame') return signal.type;
  const head = new TextDecoder().decode(signal.data.subarray(0, 400));
  return /"channel":\s*"(\w+)"/.exec(head)?.[1] ?? 'greeting';
}

export const refused = (clock: Clock): Observable<HttpAnswer> =>
  timer(5, clock.scheduler).pipe(
    map(() => {
      throw new Failure('http.network', 'connection refused', { retryable: true });
    }),
  );

export const forbidden = of({ status: 403, headers: {}, body: '<html>no</html>' });

/** The newest answer, for ever while it is frozen. */
export class FrozenAnswer {
  #newest: HttpAnswer | undefined;

  or(answer$: Observable<HttpAnswer>, isFrozen: boolean): Observable<HttpAnswer> {
    if (isFrozen && this.#newest !== undefined) return of(this.#newest);
    return answer$.pipe(tap((answer) => (this.#newest = answer)));
  }
}
