/**
 * The exchange host behind a bad network: what transports, with sockets or in memory, talk to. All
 * faults of connections and answers strike here, so that one plan means the same everywhere.
 */
import type { Clock } from '../../ports/clock.js';
import type { ExchangeHost, HostRequest } from '../exchange-host.venue.js';
import type { FaultDice } from './fault-dice.js';
import { FaultyAnswers, type Delivery } from './faulty-answers.js';
import { FaultyLine, type LinePeer } from './faulty-line.js';

const OK = 200;

/** The transport's end of a connection to the node. */
export interface ValidatorPeer {
  write(frame: string): void;
  /** The connection ends without a close frame. */
  cut(): void;
}

export interface ValidatorClient {
  receive(text: string): void;
  /** The client has gone: nothing more is written. */
  close(): void;
}

export class FaultyHost {
  readonly host: ExchangeHost;
  readonly #clock: Clock;
  readonly #dice: FaultDice;
  readonly #answers: FaultyAnswers;
  readonly #lines = new Set<FaultyLine>();

  constructor(host: ExchangeHost, clock: Clock) {
    this.host = host;
    this.#clock = clock;
    this.#dice = host.dice;
    this.#answers = new FaultyAnswers({
      dice: host.dice,
      clock,
      respond: (request, reply) => host.respond(request, reply),
    });
  }

  /** Whether the next connection is refused; to be asked once for each, before `connect`. */
  refuses(): boolean {
    return this.#dice.strikes('socket.refuse');
  }

  connect(peer: LinePeer): FaultyLine {
    const line = new FaultyLine({
      dice: this.#dice,
      clock: this.#clock,
      peer,
      connect: (faulty) => this.host.connect(faulty),
      onEnd: (ended) => this.#lines.delete(ended),
    });
    this.#lines.add(line);
    return line;
  }

  /** Delivers at once, later or never. */
  request(request: HostRequest, deliver: (delivery: Delivery) => void): void {
    this.#answers.request(request, deliver);
  }

  /** A new WebSocket client of the node: what it asks fares as it does by HTTP. */
  connectValidator(peer: ValidatorPeer): ValidatorClient {
    const session = this.host.connectValidator((frame) => peer.write(frame));
    let isOpen = true;
    const receive = (text: string): void => {
      const request = { method: 'POST', target: '/websocket', body: text };
      this.#answers.node(
        request,
        (_, reply) => session.receive(text, (body) => reply({ status: OK, headers: {}, body })),
        (delivery) => {
          if (!isOpen) return;
          const isAnswer = delivery.type === 'answer' && delivery.answer.status === OK;
          if (isAnswer) peer.write(delivery.answer.body);
          else peer.cut();
        },
      );
    };
    const close = (): void => {
      isOpen = false;
      session.close();
    };
    return { receive, close };
  }

  /** Ends all connections; 1006 cuts them without a close frame. */
  close(code: number, reason?: string): void {
    for (const line of this.#lines) line.close(code, reason);
  }

  mute(forMs: number): void {
    this.#dice.count('socket.muteAll');
    for (const line of this.#lines) line.mute(forMs);
  }

  /** All open connections hang from now on; new ones do not. */
  hang(): void {
    for (const line of this.#lines) line.hang();
  }
}
