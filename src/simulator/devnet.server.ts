/** The embedded exchange as a network: RPC, REST, faucet and WebSocket on one local port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExchangeHost, type ExchangeHostOptions, type HostStats } from './exchange-host.venue.js';
import type { ExchangeInput } from './exchange-types.js';
import { isLoopback, startControlPort, type ControlPort } from './faults/control-port.server.js';
import type { Delivery } from './faults/faulty-answers.js';
import { FaultyHost } from './faults/faulty-host.js';
import { serveSockets } from './indexer/indexer-socket.server.js';
import { serveValidatorSockets } from './validator/validator-socket.server.js';

/** Larger requests are refused with 413. */
const BODY_MAX = 1024 * 1024;
const KEEP_ALIVE_MS = 61_000;

/** What browsers are told about all paths. */
const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
  'access-control-allow-headers': '*',
};

export interface DevnetOptions extends ExchangeHostOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Loopback unless said otherwise; the faucet answers loopback only in any case. */
  readonly host?: string;
  /** Where faults are set while it runs, on loopback; none unless given. 0 takes any free port. */
  readonly controlPort?: number | undefined;
}

export interface DevnetStats extends HostStats {
  /** Written to WebSocket clients. */
  readonly bytes: number;
  /** How often each fault has struck, by name. */
  readonly faultsStruck: Readonly<Record<string, number>>;
}

export interface Devnet {
  readonly port: number;
  readonly controlPort: number | undefined;
  readonly urls: { readonly rest: string; readonly socket: string; readonly rpc: string };
  stats(): DevnetStats;
  /** For what drives the exchange from outside, such as a recording. */
  readonly submit: (input: ExchangeInput) => void;
  /** Ends all WebSocket connections as if the network had gone. */
  cutSockets(): void;
  close(): Promise<void>;
}

/** Resolves when the ports are open and the first block is on its way; rejects if one is taken. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const exchangeHost = new ExchangeHost(options);
  const network = new FaultyHost(exchangeHost, options.clock);
  const address = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    answer(network, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, address, () => resolve());
  });
  const sockets = serveSockets(server, network, options.clock);
  const nodeSockets = serveValidatorSockets(server, network, options.clock);
  const stats = (): DevnetStats => ({
    ...exchangeHost.stats(),
    bytes: sockets.bytes,
    faultsStruck: exchangeHost.dice.struck,
  });
  const close = async (): Promise<void> => {
    exchangeHost.stop();
    sockets.close();
    nodeSockets.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  const control = await startControl(options, network, stats).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  exchangeHost.start();
  return {
    port,
    controlPort: control?.port,
    urls: {
      rest: `http://${authority}`,
      socket: `ws://${authority}/v4/ws`,
      rpc: `http://${authority}`,
    },
    stats,
    submit: (input) => void exchangeHost.submit(input),
    cutSockets: () => network.close(1006),
    close: async () => {
      await control?.close();
      await close();
    },
  };
}

const startControl = async (
  { controlPort: port }: DevnetOptions,
  network: FaultyHost,
  stats: () => DevnetStats,
): Promise<ControlPort | undefined> =>
  port === undefined ? undefined : startControlPort({ port, network, stats });

async function answer(
  network: FaultyHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: target = '/' } = request;
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  if (method === 'OPTIONS') {
    response.writeHead(204, PREFLIGHT).end();
    return;
  }
  if (target.startsWith('/faucet/') && !isLoopback(request.socket.remoteAddress)) {
    response.writeHead(403).end();
    return;
  }
  // Node leaves the body out of the answer to a HEAD by itself.
  const asked = {
    method: method === 'HEAD' ? 'GET' : method,
    target,
    body,
    client: request.socket.remoteAddress,
    headers: request.headers,
  };
  network.request(asked, (delivery) => deliver(delivery, response));
}

function deliver(delivery: Delivery, response: ServerResponse): void {
  if (delivery.type === 'cut') {
    response.destroy();
    return;
  }
  const { status, headers, body } = delivery.answer;
  const bytes = Buffer.from(body, 'utf8');
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  if (delivery.type === 'answer') response.end(bytes);
  else {
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    response.write(half, () => response.destroy());
  }
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
