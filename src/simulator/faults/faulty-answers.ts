/**
 * Requests as a bad network and an overloaded service treat them: refused, late, never answered,
 * broken off, or done without an answer. Chance is asked in a fixed order, and only for requests
 * that the fault can meet.
 */
import type { Clock } from '../../ports/clock.js';
import type { HostAnswer, HostRequest } from '../exchange-host.venue.js';
import { GEOBLOCKED_TEXT } from '../indexer/compliance.js';
import type { FaultDice } from './fault-dice.js';

/** What reaches the client. A request that hangs never gets one. */
export type Delivery =
  | { readonly type: 'answer'; readonly answer: HostAnswer }
  /** All headers, half of the body, then the connection ends. */
  | { readonly type: 'truncated'; readonly answer: HostAnswer }
  /** The connection ends without an answer. */
  | { readonly type: 'cut' };

export interface FaultyAnswersOptions {
  readonly dice: FaultDice;
  readonly clock: Clock;
  /** Replies once, perhaps later. */
  readonly respond: (request: HostRequest, reply: (answer: HostAnswer) => void) => void;
}

type Deliver = (delivery: Delivery) => void;
type Respond = FaultyAnswersOptions['respond'];

const JSON_TYPE = {
  'content-type': 'application/json; charset=utf-8',
  'access-control-allow-origin': '*',
};
const RATE_LIMIT = 100;
const RATE_WINDOW_MS = 10_000;

export class FaultyAnswers {
  readonly #options: FaultyAnswersOptions;

  constructor(options: FaultyAnswersOptions) {
    this.#options = options;
  }

  request(request: HostRequest, deliver: Deliver): void {
    const { target } = request;
    if (target.startsWith('/v4/')) this.#rest(request, deliver);
    else if (target.startsWith('/faucet/')) this.#options.respond(request, answered(deliver));
    else this.node(request, this.#options.respond, deliver);
  }

  /** A request to the node, answered by HTTP or on a WebSocket. */
  node(request: HostRequest, respond: Respond, deliver: Deliver): void {
    if (isBroadcast(request)) this.#broadcast(request, respond, deliver);
    else this.#rpc(() => respond(request, answered(deliver)), deliver);
  }

  #rest(request: HostRequest, deliver: Deliver): void {
    const { dice } = this.#options;
    if (dice.strikes('rest.hang')) return;
    this.#later(dice.wait('rest.slowMs'), 'rest.slow', () => {
      const told = (answer: HostAnswer): void =>
        deliver({ type: dice.strikes('rest.truncate') ? 'truncated' : 'answer', answer });
      const refusal = this.#refusal(request);
      if (refusal === undefined) this.#options.respond(request, told);
      else told(refusal);
    });
  }

  #refusal({ target }: HostRequest): HostAnswer | undefined {
    const { dice } = this.#options;
    if (dice.strikes('rest.tooMany')) return this.#tooMany();
    // Market data, single orders, height and time are never checked for the caller's country.
    const isOfAccount = /^\/v4\/addresses\/|[?&]address=/.test(target);
    if (isOfAccount && dice.strikes('rest.forbidden')) {
      return errorAnswer(403, { code: 'GEOBLOCKED', msg: GEOBLOCKED_TEXT });
    }
    if (!dice.strikes('rest.error')) return undefined;
    const status = dice.plan['rest.errorStatus'];
    return status === 500 ? errorAnswer(500, { msg: 'Internal Server Error' }) : gateway(status);
  }

  /** Retry-After counts milliseconds here, unlike anywhere else. */
  #tooMany(): HostAnswer {
    const { dice, clock } = this.#options;
    const waitMs = 1 + dice.stream('rest.retryAfter').integer(RATE_WINDOW_MS);
    const answer = errorAnswer(429, { msg: 'Too many requests' });
    const headers = {
      'ratelimit-limit': String(RATE_LIMIT),
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(Math.floor(clock.now()) + waitMs),
      'retry-after': String(waitMs),
    };
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  #rpc(pass: () => void, deliver: Deliver): void {
    const { dice } = this.#options;
    if (dice.strikes('validator.hang')) return;
    if (dice.strikes('validator.badGateway')) deliver({ type: 'answer', answer: gateway(502) });
    else pass();
  }

  #broadcast(request: HostRequest, respond: Respond, deliver: Deliver): void {
    const { dice } = this.#options;
    this.#later(dice.wait('broadcast.delayMs'), 'broadcast.delay', () =>
      this.#rpc(() => {
        if (dice.strikes('broadcast.loseRequest')) deliver({ type: 'cut' });
        else {
          respond(request, (answer) =>
            deliver(
              dice.strikes('broadcast.loseReply') ? { type: 'cut' } : { type: 'answer', answer },
            ),
          );
        }
      }, deliver),
    );
  }

  #later(ms: number, name: string, work: () => void): void {
    if (ms === 0) {
      work();
      return;
    }
    this.#options.dice.count(name);
    this.#options.clock.setTimeout(work, ms);
  }
}

const answered =
  (deliver: Deliver) =>
  (answer: HostAnswer): void =>
    deliver({ type: 'answer', answer });

const errorAnswer = (status: number, error: object): HostAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ errors: [error] }),
});

/** What stands in front of the service speaks HTML. */
function gateway(status: number): HostAnswer {
  const title = status === 502 ? '502 Bad Gateway' : `${status}`;
  const body = `<html><head><title>${title}</title></head><body>${title}</body></html>\r\n`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}

const isBroadcast = ({ target, body }: HostRequest): boolean =>
  target.startsWith('/broadcast_tx_') ||
  target === '/cosmos/tx/v1beta1/txs' ||
  /"method"\s*:\s*"broadcast_tx_/.test(body);
