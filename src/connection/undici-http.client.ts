/** HTTP by undici: a deadline on every call, bodies bounded, no redirects, errors as `Failure`. */
import { Observable } from 'rxjs';
import { Agent, request } from 'undici';
import { Failure } from '../model/result.js';
import type { HttpAnswer, HttpPort, HttpRequest } from '../ports/http.js';

/** Larger answers are refused: no endpoint that we use gives more. */
const BODY_MAX_BYTES = 16 * 1024 * 1024;
const CONNECTIONS_MAX = 8;

export interface HttpClient extends HttpPort {
  close(): Promise<void>;
}

export function undiciHttp(): HttpClient {
  const dispatcher = new Agent({ connections: CONNECTIONS_MAX, maxResponseSize: BODY_MAX_BYTES });
  return {
    send: (asked) =>
      new Observable<HttpAnswer>((subscriber) => {
        const cut = new AbortController();
        fetchOnce(asked, dispatcher, cut.signal).then(
          (answer) => {
            subscriber.next(answer);
            subscriber.complete();
          },
          (error: unknown) => subscriber.error(failureOf(asked, error)),
        );
        return () => cut.abort();
      }),
    close: () => dispatcher.destroy(),
  };
}

async function fetchOnce(
  asked: HttpRequest,
  dispatcher: Agent,
  cut: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await request(asked.url, {
    method: asked.method,
    dispatcher,
    signal: AbortSignal.any([cut, AbortSignal.timeout(asked.deadlineMs)]),
    ...(asked.body === undefined
      ? {}
      : { body: asked.body, headers: { 'content-type': 'application/json' } }),
  });
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: await answer.body.text(),
  };
}

function failureOf({ method, url, deadlineMs }: HttpRequest, error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const where = `${method} ${url.split('?')[0]}`;
  return name === 'TimeoutError'
    ? new Failure('http.deadline', `${where}: no answer within ${deadlineMs} ms`, {
        retryable: true,
      })
    : new Failure('http.network', `${where}: ${message || name}`, { retryable: true });
}
