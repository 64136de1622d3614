/** The indexer's WebSocket on an HTTP server: real sockets in front of the exchange host. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Timers } from '../../ports/clock.js';
import type { FaultyHost } from '../faults/faulty-host.js';
import type { FaultyLine } from '../faults/faulty-line.js';
import { repeat } from '../repeat.js';
import { isForValidator } from '../validator/validator-socket.server.js';
import { FrameWriter } from './frame-writer.codec.js';

const PATH = '/v4/ws';
const PAYLOAD_MAX = 4 * 1024 * 1024;
/** A client that lets this much pile up unread is disconnected (4000). */
const BUFFERED_MAX = 16 * 1024 * 1024;
const PING_MS = 30_000;
const PONG_MS = 10_000;
/** A connection that hangs reads nothing, so that it cannot see the other side go. */
const HUNG_MS = 15 * 60_000;
const CUT = 1006;

export interface IndexerSockets {
  /** Written so far, all connections, headers included. */
  readonly bytes: number;
  /** Says that the service restarts (1012), then cuts what is left. */
  close(): void;
}

export function serveSockets(server: Server, network: FaultyHost, timers: Timers): IndexerSockets {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: PAYLOAD_MAX,
    autoPong: false,
  });
  let bytes = 0;
  const onWritten = (length: number): void => {
    bytes += length;
  };
  server.on('upgrade', (request, raw, head) => {
    if (isForValidator(request.url)) return;
    raw.on('error', () => raw.destroy());
    if (request.url?.split('?')[0] !== PATH) {
      raw.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    } else if (network.refuses()) raw.destroy();
    else {
      sockets.handleUpgrade(request, raw, head, (socket) => {
        new ServedSocket({ socket, raw, timers, onWritten }).serve(network);
      });
    }
  });
  return {
    get bytes() {
      return bytes;
    },
    close: () => {
      network.close(1012);
      sockets.close();
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

interface ServedOptions {
  readonly socket: WebSocket;
  readonly raw: Pick<Socket, 'writable' | 'writableLength' | 'write'>;
  readonly timers: Timers;
  readonly onWritten: (bytes: number) => void;
}

class ServedSocket {
  readonly #options: ServedOptions;
  readonly #writer: FrameWriter;
  #line: FaultyLine | undefined;
  #stopHeartbeat = (): void => undefined;

  constructor(options: ServedOptions) {
    this.#options = options;
    const { raw, onWritten } = options;
    this.#writer = new FrameWriter({
      write: (bytes) => {
        onWritten(bytes.length);
        if (raw.writable) raw.write(bytes);
      },
      afterTurn: (work) => process.nextTick(work),
    });
  }

  serve(network: FaultyHost): void {
    const { socket } = this.#options;
    const line = network.connect({
      write: (frame) => this.#write(frame),
      close: (code, reason) => this.#close(code, reason),
      hang: () => this.#hang(),
    });
    this.#line = line;
    this.#stopHeartbeat = this.#keepAlive();
    socket.on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) line.receive(data.toString('utf8'));
    });
    socket.on('ping', (data: Buffer) => {
      this.#writer.flush();
      socket.pong(data);
    });
    socket.on('close', () => {
      this.#stopHeartbeat();
      line.detach();
    });
    socket.on('error', () => socket.terminate());
  }

  #write(frame: string): void {
    const buffered = this.#options.raw.writableLength + this.#writer.pending;
    if (buffered > BUFFERED_MAX) this.#lose(4000, '');
    else this.#writer.write(frame);
  }

  #lose(code: number, reason: string): void {
    this.#line?.detach();
    this.#close(code, reason);
  }

  #close(code: number, reason: string): void {
    const { socket } = this.#options;
    this.#stopHeartbeat();
    this.#writer.flush();
    if (code === CUT) socket.terminate();
    else socket.close(code, reason);
  }

  /** Nothing is read or written any more; the other side must find out by itself. */
  #hang(): void {
    const { socket, timers } = this.#options;
    this.#stopHeartbeat();
    this.#writer.flush();
    socket.pause();
    const handle = timers.setTimeout(() => socket.terminate(), HUNG_MS);
    socket.on('close', () => timers.clearTimeout(handle));
  }

  /** Control pings; a client that does not answer one in time is lost. Returns the stop. */
  #keepAlive(): () => void {
    const { socket, timers } = this.#options;
    let deadline: object | undefined;
    const stop = repeat(
      timers,
      () => PING_MS,
      () => {
        this.#writer.flush();
        socket.ping();
        deadline = timers.setTimeout(() => this.#lose(1011, 'Heartbeat timeout'), PONG_MS);
      },
    );
    socket.on('pong', () => timers.clearTimeout(deadline));
    return () => {
      stop();
      timers.clearTimeout(deadline);
    };
  }
}
