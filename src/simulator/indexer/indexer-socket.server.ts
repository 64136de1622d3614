/** The indexer's WebSocket on an HTTP server: real sockets in front of the exchange host. */
import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Timers } from '../../ports/clock.js';
import type { ExchangeHost } from '../exchange-host.venue.js';
import { repeat } from '../repeat.js';

const PATH = '/v4/ws';
const PAYLOAD_MAX = 4 * 1024 * 1024;
/** A client that lets this much pile up unread is disconnected (4000). */
const BUFFERED_MAX = 16 * 1024 * 1024;
const PING_MS = 30_000;
const PONG_MS = 10_000;

export interface IndexerSockets {
  /** Cuts every connection without a close frame. */
  cut(): void;
  /** Says that the service restarts (1012), then cuts what is left. */
  close(): void;
}

export function serveSockets(server: Server, host: ExchangeHost, timers: Timers): IndexerSockets {
  const sockets = new WebSocketServer({
    server,
    path: PATH,
    perMessageDeflate: false,
    maxPayload: PAYLOAD_MAX,
  });
  sockets.on('connection', (socket) => serve(socket, host, timers));
  const cut = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    cut,
    close: () => {
      const reason = JSON.stringify({ message: 'Service restarting' });
      for (const socket of sockets.clients) socket.close(1012, reason);
      sockets.close();
      cut();
    },
  };
}

function serve(socket: WebSocket, host: ExchangeHost, timers: Timers): void {
  const connection = host.connect({
    write: (frame) => {
      if (socket.bufferedAmount > BUFFERED_MAX) end(4000, '');
      else socket.send(frame);
    },
    close: (code, reason) => end(code, reason),
  });
  const stopHeartbeat = keepAlive(socket, timers, () => end(1011, 'Heartbeat timeout'));
  function end(code: number, reason: string): void {
    release();
    socket.close(code, reason);
  }
  function release(): void {
    stopHeartbeat();
    connection.detach();
  }
  socket.on('message', (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data)) connection.receive(data.toString('utf8'));
  });
  socket.on('close', release);
  socket.on('error', () => socket.terminate());
}

/** Control pings; a client that does not answer one in time is lost. Returns the stop. */
function keepAlive(socket: WebSocket, timers: Timers, onLost: () => void): () => void {
  let deadline: object | undefined;
  const stop = repeat(
    timers,
    () => PING_MS,
    () => {
      socket.ping();
      deadline = timers.setTimeout(onLost, PONG_MS);
    },
  );
  socket.on('pong', () => timers.clearTimeout(deadline));
  return () => {
    stop();
    timers.clearTimeout(deadline);
  };
}
