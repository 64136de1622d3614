/**
 * One WebSocket connection as a bad network makes it: frames are lost, doubled, late or overtaken;
 * the connection falls silent, hangs, or ends. Control frames and what the client says pass, except
 * on a line that hangs.
 */
import type { Clock } from '../../ports/clock.js';
import type { HostConnection } from '../indexer/indexer-stream.venue.js';
import type { Peer } from '../indexer/socket-session.js';
import type { FaultDice } from './fault-dice.js';
import { atRandomTimes } from './random-times.js';

/** Frames on their way; a line that holds more is closed as an unread one is (4000). */
const IN_TRANSIT_MAX = 20_000;
/** A frame that nothing overtakes is let go after this time. */
const HELD_MS = 1000;

const REASONS: Readonly<Record<number, string>> = {
  1008: JSON.stringify({ message: 'Rate limited' }),
  1011: 'Heartbeat timeout',
  1012: JSON.stringify({ message: 'Service restarting' }),
};

/** The transport's end. A close with 1006 is a cut: no close frame. */
export interface LinePeer extends Peer {
  /** From now on nothing is read or written, and the connection stays. */
  hang(): void;
}

export interface LineOptions {
  readonly dice: FaultDice;
  readonly clock: Clock;
  readonly peer: LinePeer;
  readonly connect: (peer: Peer) => HostConnection;
  readonly onEnd: (line: FaultyLine) => void;
}

interface HeldFrame {
  readonly frame: string;
  /** So many more frames go first. */
  left: number;
}

export class FaultyLine implements HostConnection {
  readonly #options: LineOptions;
  readonly #connection: HostConnection;
  readonly #stops: readonly (() => void)[];
  #held: HeldFrame[] = [];
  #inTransit = 0;
  #lastDue = 0;
  #mutedUntil = 0;
  #state: 'open' | 'hung' | 'ended' = 'open';

  constructor(options: LineOptions) {
    this.#options = options;
    const { dice, clock: timers } = options;
    this.#stops = [
      atRandomTimes({ dice, timers }, 'socket.muteEveryMs', () =>
        this.mute(dice.plan['socket.muteForMs']),
      ),
      atRandomTimes({ dice, timers }, 'socket.halfOpenEveryMs', () => this.hang()),
      atRandomTimes({ dice, timers }, 'socket.closeEveryMs', () =>
        this.close(dice.plan['socket.closeCode']),
      ),
    ];
    this.#connection = options.connect({
      write: (frame) => this.#write(frame),
      close: (code, reason) => this.#end(code, reason),
    });
  }

  get isHung(): boolean {
    return this.#state === 'hung';
  }

  receive(text: string): void {
    if (this.#state === 'open') this.#connection.receive(text);
  }

  detach(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    for (const stop of this.#stops) stop();
    this.#held = [];
    this.#connection.detach();
    this.#options.onEnd(this);
  }

  /** Frames are lost for this time. */
  mute(forMs: number): void {
    if (this.#state !== 'open') return;
    this.#mutedUntil = Math.max(this.#mutedUntil, this.#options.clock.now() + forMs);
  }

  hang(): void {
    if (this.#state !== 'open') return;
    this.#options.dice.count('socket.halfOpen');
    this.#state = 'hung';
    for (const stop of this.#stops) stop();
    this.#connection.detach();
    this.#options.peer.hang();
  }

  /** Frames on their way are overtaken by the end. A hung line can only be cut. */
  close(code: number, reason = REASONS[code] ?? ''): void {
    if (this.#state === 'ended' || (this.#state === 'hung' && code !== 1006)) return;
    this.#options.dice.count(code === 1006 ? 'socket.cut' : 'socket.close');
    this.detach();
    this.#options.peer.close(code, reason);
  }

  /** The exchange's own close: what was written before it arrives before it. */
  #end(code: number, reason: string): void {
    this.#release(() => true);
    this.#travel(() => {
      this.detach();
      this.#options.peer.close(code, reason);
    });
  }

  #write(frame: string): void {
    const { dice, clock } = this.#options;
    if (dice.plan['socket.mute'] || clock.now() < this.#mutedUntil) {
      dice.count('socket.mute');
      return;
    }
    if (dice.strikes('socket.drop')) return;
    this.#pass(frame);
    if (dice.strikes('socket.duplicate')) this.#pass(frame);
  }

  #pass(frame: string): void {
    const { dice, clock } = this.#options;
    if (dice.strikes('socket.reorder')) {
      const window = dice.plan['socket.reorderWindow'];
      const held = { frame, left: 1 + dice.stream('socket.reorderWindow').integer(window) };
      this.#held.push(held);
      clock.setTimeout(() => this.#release((other) => other === held), HELD_MS);
      return;
    }
    this.#send(frame);
    if (this.#held.length === 0) return;
    for (const held of this.#held) held.left -= 1;
    this.#release(({ left }) => left <= 0);
  }

  #release(isDue: (held: HeldFrame) => boolean): void {
    const due = this.#held.filter(isDue);
    if (due.length === 0) return;
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const { frame } of due) this.#send(frame);
  }

  #send(frame: string): void {
    const { dice, peer } = this.#options;
    if (this.#inTransit === 0 && dice.plan['socket.delayMs'] === 0) {
      if (dice.plan['socket.delayTailMs'] === 0) {
        if (this.#state === 'open') peer.write(frame);
        return;
      }
    }
    this.#travel(() => peer.write(frame));
  }

  /** What arrives keeps its order: nothing is due before what left earlier. */
  #travel(arrive: () => void): void {
    const { dice, clock } = this.#options;
    const now = clock.now();
    const delay = dice.plan['socket.delayMs'] + dice.wait('socket.delayTailMs');
    if (delay === 0 && this.#inTransit === 0) {
      if (this.#state === 'open') arrive();
      return;
    }
    if (this.#inTransit >= IN_TRANSIT_MAX) {
      this.detach();
      this.#options.peer.close(4000, '');
      return;
    }
    this.#lastDue = Math.max(this.#lastDue, now + delay);
    this.#inTransit += 1;
    if (delay > 0) dice.count('socket.delay');
    clock.setTimeout(() => {
      this.#inTransit -= 1;
      if (this.#state === 'open') arrive();
    }, this.#lastDue - now);
  }
}
