/** The embedded exchange as a network: RPC, REST, faucet and WebSocket on one local port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExchangeHost, type ExchangeHostOptions, type HostStats } from './exchange-host.venue.js';
import { serveSockets } from './indexer/indexer-socket.server.js';

/** Larger requests are refused with 413. */
const BODY_MAX = 1024 * 1024;
const KEEP_ALIVE_MS = 61_000;

export interface DevnetOptions extends ExchangeHostOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Loopback unless said otherwise; the faucet answers loopback only in any case. */
  readonly host?: string;
}

export interface Devnet {
  readonly port: number;
  readonly urls: { readonly rest: string; readonly socket: string; readonly rpc: string };
  stats(): HostStats;
  /** Ends all WebSocket connections as if the network had gone. */
  cutSockets(): void;
  close(): Promise<void>;
}

/** Resolves when the port is open and the first block is on its way; rejects when it is taken. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const exchangeHost = new ExchangeHost(options);
  const address = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    answer(exchangeHost, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, address, () => resolve());
  });
  const sockets = serveSockets(server, exchangeHost, options.clock);
  const { port } = server.address() as AddressInfo;
  const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  exchangeHost.start();
  return {
    port,
    urls: {
      rest: `http://${authority}`,
      socket: `ws://${authority}/v4/ws`,
      rpc: `http://${authority}`,
    },
    stats: () => exchangeHost.stats(),
    cutSockets: () => sockets.cut(),
    close: async () => {
      exchangeHost.stop();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function answer(
  host: ExchangeHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: target = '/' } = request;
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  if (target.startsWith('/faucet/') && !isLoopback(request.socket.remoteAddress)) {
    response.writeHead(403).end();
    return;
  }
  const { status, headers, body: text } = host.answer({ method, target, body });
  response.writeHead(status, headers).end(text);
}

/** Undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const isLoopback = (address: string | undefined): boolean =>
  address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
