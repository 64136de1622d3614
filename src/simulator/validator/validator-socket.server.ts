/** The node's WebSocket on an HTTP server: real sockets in front of its RPC. */
import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Timers } from '../../ports/clock.js';
import type { FaultyHost } from '../faults/faulty-host.js';
import { repeat } from '../repeat.js';

const PATH = '/websocket';
const PAYLOAD_MAX = 1024 * 1024;
const CLIENTS_MAX = 100;
/** A client that lets this much pile up unread is disconnected. */
const BUFFERED_MAX = 16 * 1024 * 1024;
const PING_MS = 27_000;

export interface ValidatorSockets {
  close(): void;
}

/** Upgrades that others must leave alone. */
export const isForValidator = (target: string | undefined): boolean =>
  target?.split('?')[0] === PATH;

export function serveValidatorSockets(
  server: Server,
  network: FaultyHost,
  timers: Timers,
): ValidatorSockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_MAX });
  server.on('upgrade', (request, socket, head) => {
    if (!isForValidator(request.url)) return;
    if (sockets.clients.size >= CLIENTS_MAX) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client, network, timers));
  });
  return {
    close: () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

function serve(socket: WebSocket, network: FaultyHost, timers: Timers): void {
  const client = network.connectValidator({
    write: (frame) => {
      if (socket.bufferedAmount > BUFFERED_MAX) socket.terminate();
      else socket.send(frame);
    },
    cut: () => socket.terminate(),
  });
  const stopPings = repeat(
    timers,
    () => PING_MS,
    () => socket.ping(),
  );
  socket.on('message', (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data)) client.receive(data.toString('utf8'));
  });
  socket.on('close', () => {
    stopPings();
    client.close();
  });
  socket.on('error', () => socket.terminate());
}
