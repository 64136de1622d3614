/**
 * What every socket session is given: sockets whose signals are inputs, and a sink for their
 * frames.
 */
import { wallNow } from '../clock/real.clock.js';
import type { SocketSessionOptions } from '../connection/socket-session.actor.js';
import { dydxWire } from '../dydx/indexer-wire.codec.js';
import type { StampedFrame } from '../ports/engine.js';
import type { World } from './world.js';

/** One frame in so many is measured: looking at the clock twice costs as much as a frame. */
const MEASURED_EVERY = 32;

/** Frames go to the recording first; decoding and folding them is measured in real time. */
export function sessionWiring(
  { clock, inbox, meter, recording, sockets, subscribesPerSecond }: World,
  onFrame: (frame: StampedFrame) => void,
): SocketSessionOptions {
  let count = 0;
  return {
    wire: dydxWire,
    clock,
    subscribesPerSecond,
    frames: {
      next: (frame) => {
        recording?.write({ receivedAt: frame.at, data: frame.data });
        count = (count + 1) % MEASURED_EVERY;
        if (count !== 0) return onFrame(frame);
        const begun = wallNow();
        onFrame(frame);
        meter.observe('decode', wallNow() - begun);
      },
    },
    sockets: {
      socket: (url) => {
        const socket = sockets.socket(url);
        return {
          signals$: inbox.door('frame', 'socket', socket.signals$),
          send: (text) => socket.send(text),
          ping: () => socket.ping(),
          blame: (reason) => socket.blame?.(reason),
        };
      },
    },
  };
}
