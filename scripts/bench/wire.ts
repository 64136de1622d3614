/** The devnet as it is on the wire, for comparison: plain requests and one account's frames. */
import { WebSocket } from 'ws';

export type Json = Readonly<Record<string, unknown>>;

export interface Urls {
  readonly rest: string;
  readonly socket: string;
  readonly rpc: string;
}

const DEADLINE_MS = 20_000;
/** Both peers and these requests share 100 in 10 s. */
const POLL_MS = 400;
/** Frames of one account that are kept; a run has a few hundred. */
const FRAMES_MAX = 5_000;

export const urlsOf = (port: number): Urls => ({
  rest: `http://127.0.0.1:${port}`,
  socket: `ws://127.0.0.1:${port}/v4/ws`,
  rpc: `http://127.0.0.1:${port}`,
});

/** Looks again and again until there is something. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not seen in ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}

export class Wire {
  readonly #urls: Urls;
  readonly #address: string;
  readonly #socket: WebSocket;
  readonly #orders: Json[] = [];
  #isSubscribed = false;

  constructor(urls: Urls, address: string) {
    this.#urls = urls;
    this.#address = address;
    this.#socket = new WebSocket(urls.socket);
    const subscription = { type: 'subscribe', channel: 'v4_subaccounts', id: `${address}/0` };
    this.#socket.once('open', () => this.#socket.send(JSON.stringify(subscription)));
    this.#socket.on('message', (data: Buffer) => this.#read(data.toString()));
  }

  ready(): Promise<true> {
    return until('the account channel', () => this.#isSubscribed || undefined);
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: Json }> {
    const answer = await fetch(`${this.#urls.rest}${path}`);
    if (answer.status === 429) throw new Error('the steps ask more often than the indexer allows');
    return { status: answer.status, body: (await answer.json()) as Json };
  }

  async post(path: string, body: object): Promise<number> {
    const answer = await fetch(`${this.#urls.rest}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    await answer.text();
    return answer.status;
  }

  fund(usdc: number, subaccountNumber = 0): Promise<number> {
    return this.post('/faucet/tokens', { address: this.#address, subaccountNumber, amount: usdc });
  }

  /** The node's own view, not the indexer's. */
  async height(): Promise<number> {
    const { body } = await this.get('/v4/height');
    return Number(body['height']);
  }

  async touch(): Promise<{ readonly bid: number; readonly ask: number }> {
    const { body } = await this.get('/v4/orderbooks/perpetualMarket/BTC-USD');
    const { bids, asks } = body as Record<'bids' | 'asks', readonly { readonly price: string }[]>;
    return { bid: Number(bids[0]?.price), ask: Number(asks[0]?.price) };
  }

  async oracle(): Promise<number> {
    const { body } = await this.get('/v4/perpetualMarkets?ticker=BTC-USD');
    const { markets } = body as { readonly markets: Record<string, Json> };
    return Number(markets['BTC-USD']?.['oraclePrice']);
  }

  /** A message about this order with these fields, which may already have come. */
  seen(clientId: number, fields: Json): Promise<Json> {
    const wanted = Object.entries({ clientId: String(clientId), ...fields });
    return until(`order ${JSON.stringify(Object.fromEntries(wanted))}`, () =>
      this.#orders.find((order) => wanted.every(([name, value]) => order[name] === value)),
    );
  }

  /** Statuses that were told of an order, in order, with the reason of a removal. */
  history(clientId: number): readonly string[] {
    return this.#orders
      .filter((order) => order['clientId'] === String(clientId))
      .map(({ status, removalReason }) =>
        typeof removalReason === 'string'
          ? `${String(status)} ${removalReason.replace('ORDER_REMOVAL_REASON_', '')}`
          : String(status),
      );
  }

  close(): void {
    this.#socket.close();
  }

  #read(text: string): void {
    const { type, contents } = JSON.parse(text) as { readonly type: string; contents?: Json };
    if (type === 'subscribed') this.#isSubscribed = true;
    if (type !== 'channel_data') return;
    const { orders = [] } = contents as { readonly orders?: readonly Json[] };
    this.#orders.push(...orders);
    this.#orders.splice(0, this.#orders.length - FRAMES_MAX);
  }
}
