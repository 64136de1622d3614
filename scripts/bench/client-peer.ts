/** dYdX's own v4-client-js as a peer: the unmodified composite, indexer and socket clients. */
import { client, networkOf } from '../../test/support/real-client.js';
import {
  Refused,
  TICKER,
  type Book,
  type Cancel,
  type Candle,
  type NewOrder,
  type Peer,
  type Trade,
} from './peer.js';
import { until, type Json, type Urls } from './wire.js';

const { BECH32_PREFIX, CompositeClient, LocalWallet, SelectedGasDenom, SocketClient } = client;
const { Order_TimeInForce, OrderExecution, OrderSide, OrderTimeInForce, OrderType } = client;
const { SubaccountInfo } = client;

const VERSION = '3.6.0';
/** Seconds that stateful orders live here. */
const LIFE_S = 600;
const ORDER_BLOCKS = 15;
const CLOB_PAIR = 0;

export interface ClientOptions {
  readonly urls: Urls;
  readonly chainName: string;
  readonly privateKey: string;
}

type Composite = Awaited<ReturnType<typeof CompositeClient.connect>>;
type Subaccount = ReturnType<typeof SubaccountInfo.forLocalWallet>;

interface Session {
  readonly composite: Composite;
  readonly subaccount: Subaccount;
  readonly address: string;
  readonly network: ReturnType<typeof networkOf>;
}

export async function clientPeer(options: ClientOptions): Promise<Peer> {
  const { urls, chainName, privateKey } = options;
  const network = networkOf({ urls }, chainName);
  const composite = await CompositeClient.connect(network);
  composite.setSelectedGasDenom(SelectedGasDenom.NATIVE);
  const wallet = await LocalWallet.fromPrivateKey(privateKey, BECH32_PREFIX);
  const subaccount = SubaccountInfo.forLocalWallet(wallet, 0);
  const session = { composite, subaccount, address: wallet.address ?? '', network };
  return {
    name: `v4-client-js ${VERSION}`,
    address: session.address,
    ...publicCalls(session),
    ...watchCalls(session),
    ...accountCalls(session),
    ...orderCalls(session),
    ...moneyCalls(session),
    close: () => Promise.resolve(),
  };
}

/** The library throws what the check refuses, but returns what fails in its block. */
async function sending(call: Promise<object>): Promise<void> {
  try {
    const { code, rawLog } = (await call) as { readonly code?: number; readonly rawLog?: string };
    if (code !== undefined && code !== 0) throw new Refused(code, rawLog ?? 'in the block');
  } catch (error) {
    const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
    if (typeof code !== 'number') throw error;
    throw new Refused(code, message);
  }
}

const publicCalls = ({ composite }: Session) => {
  const { markets, utility } = composite.indexerClient;
  return {
    timeMs: async () => (await utility.getTime()).epoch * 1000,
    height: () => composite.validatorClient.get.latestBlockHeight(),
    market: async () => {
      const { markets: found } = (await markets.getPerpetualMarkets()) as Record<
        'markets',
        Record<string, Json>
      >;
      const { tickSize, stepSize, status } = found[TICKER] ?? {};
      return { tick: Number(tickSize), step: Number(stepSize), isActive: status === 'ACTIVE' };
    },
    book: async () => seenBook((await markets.getPerpetualMarketOrderbook(TICKER)) as Json),
    trades: async () => {
      const { trades } = (await markets.getPerpetualMarketTrades(TICKER)) as Rows<'trades'>;
      return trades.map(seenTrade);
    },
    candles: async () => {
      const answer = (await markets.getPerpetualMarketCandles(TICKER, '1MIN')) as Rows<'candles'>;
      return answer.candles.map(seenCandle);
    },
    funding: async () => {
      const answer = await markets.getPerpetualMarketHistoricalFunding(TICKER);
      return (answer as Rows<'historicalFunding'>).historicalFunding.map((row) => ({
        rate: Number(row['rate']),
        timeMs: Date.parse(String(row['effectiveAt'])),
      }));
    },
  };
};

const watchCalls = ({ network }: Session) => {
  const watch = (subscribe: (socket: Socket) => void, messages: number) =>
    watchContents(network, subscribe, messages);
  return {
    watchBook: async (messages: number): Promise<Book> => {
      const [snapshot = {}, ...updates] = await watch((socket) => {
        socket.subscribeToOrderbook(TICKER);
      }, messages);
      const book = seenBook(snapshot);
      return {
        bids: applied(book.bids, updates, 'bids').sort(([a], [b]) => b - a),
        asks: applied(book.asks, updates, 'asks').sort(([a], [b]) => a - b),
      };
    },
    watchTrades: async (): Promise<readonly Trade[]> => {
      const all = await watch((socket) => socket.subscribeToTrades(TICKER), 2);
      return all.flatMap((contents) => (contents as Rows<'trades'>).trades.map(seenTrade));
    },
    watchCandles: async (): Promise<Candle> => {
      const channel = 'v4_candles';
      const id = `${TICKER}/1MIN`;
      const [, newest = {}] = await watch((socket) => socket.subscribe(channel, { id }), 2);
      return seenCandle(newest);
    },
  };
};

const accountCalls = ({ composite, address }: Session) => {
  const { account } = composite.indexerClient;
  return {
    publicKey: async () => {
      const { pubkey } = await composite.validatorClient.get.getAccount(address);
      return pubkey?.value as string | undefined;
    },
    accounts: async () => {
      const { subaccounts } = (await account.getSubaccounts(address)) as Rows<'subaccounts'>;
      return subaccounts.map((row) => Number(row['subaccountNumber']));
    },
    freeCollateral: async () => {
      const { subaccount } = (await account.getSubaccount(address, 0)) as Record<
        'subaccount',
        Json
      >;
      return Number(subaccount['freeCollateral']);
    },
    positions: async () => {
      const status = 'OPEN' as Parameters<typeof account.getSubaccountPerpetualPositions>[2];
      const answer = await account.getSubaccountPerpetualPositions(address, 0, status ?? null);
      return (answer as Rows<'positions'>).positions.map(({ side, size }) => ({
        side: String(side).toLowerCase(),
        size: Math.abs(Number(size)),
      }));
    },
    order: async (id: string) => seenOrder((await account.getOrder(id)) as Json),
    orders: async (status?: 'OPEN' | 'FILLED') => {
      const rows = (await account.getSubaccountOrders(address, 0)) as readonly Json[];
      return rows.filter((row) => status === undefined || row['status'] === status).map(seenOrder);
    },
  };
};

const orderCalls = ({ composite, subaccount }: Session) => ({
  place: async (order: NewOrder) => {
    const { side, size, price, clientId, reduceOnly = false } = order;
    const wireSide = side === 'buy' ? OrderSide.BUY : OrderSide.SELL;
    if (order.kind === 'resting') {
      const height = await composite.validatorClient.get.latestBlockHeight();
      const block = order.goodTilBlock ?? height + ORDER_BLOCKS;
      const rests = Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED;
      const terms = [wireSide, price, size, clientId, block, rests, reduceOnly] as const;
      await sending(composite.placeShortTermOrder(subaccount, TICKER, ...terms));
      return { id: undefined };
    }
    const { type, timeInForce, execution } = KINDS[order.kind];
    await sending(
      composite.placeOrder(
        subaccount,
        TICKER,
        type,
        wireSide,
        price,
        size,
        clientId,
        timeInForce,
        LIFE_S,
        execution,
        order.kind === 'postOnly',
        reduceOnly,
        order.trigger,
        undefined,
        undefined,
        order.goodTilBlock,
      ),
    );
    return { id: undefined };
  },
  cancel: async ({ clientId, flags, goodTilBlock }: Cancel) => {
    const height = await composite.validatorClient.get.latestBlockHeight();
    const block = flags === 0 ? (goodTilBlock ?? height + ORDER_BLOCKS) : 0;
    const life = flags === 0 ? undefined : 2 * LIFE_S;
    await sending(composite.cancelOrder(subaccount, clientId, flags, TICKER, block, life));
  },
  cancelMany: async (clientIds: readonly number[], goodTilBlock: number) => {
    const batch = [{ clobPairId: CLOB_PAIR, clientIds: [...clientIds] }];
    const call = composite.batchCancelShortTermOrdersWithClobPairId(
      subaccount,
      batch,
      goodTilBlock,
    );
    await sending(call);
  },
});

const IMMEDIATE = { timeInForce: OrderTimeInForce.IOC, execution: OrderExecution.DEFAULT };
const LASTING = { timeInForce: OrderTimeInForce.GTT, execution: OrderExecution.DEFAULT };
const TRIGGERED = { timeInForce: OrderTimeInForce.GTT, execution: OrderExecution.IOC };
const KINDS = {
  market: { type: OrderType.MARKET, ...IMMEDIATE },
  ioc: { type: OrderType.LIMIT, ...IMMEDIATE },
  gtt: { type: OrderType.LIMIT, ...LASTING },
  postOnly: { type: OrderType.LIMIT, ...LASTING },
  stopLoss: { type: OrderType.STOP_MARKET, ...TRIGGERED },
  takeProfit: { type: OrderType.TAKE_PROFIT_MARKET, ...TRIGGERED },
};

const moneyCalls = ({ composite, subaccount, address }: Session) => ({
  movements: async (type: 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL') => {
    const answer = await composite.indexerClient.account.getSubaccountTransfers(address, 0);
    return (answer as Rows<'transfers'>).transfers
      .filter((row) => String(row['type']).startsWith(type))
      .map(({ id, size }) => ({ id: String(id), size: Number(size) }));
  },
  withdraw: (usdc: number) =>
    sending(composite.withdrawFromSubaccount(subaccount, usdc.toFixed(6))),
  deposit: (usdc: number) => sending(composite.depositToSubaccount(subaccount, usdc.toFixed(6))),
  transfer: (usdc: number, toNumber: number) =>
    sending(composite.transferToSubaccount(subaccount, address, toNumber, usdc.toFixed(6))),
});

type Rows<Name extends string> = Readonly<Record<Name, readonly Json[]>>;
type Socket = InstanceType<typeof SocketClient>;

/** The contents of the first messages of one subscription. */
async function watchContents(
  network: Session['network'],
  subscribe: (socket: Socket) => void,
  messages: number,
): Promise<readonly Json[]> {
  const seen: Json[] = [];
  const socket: Socket = new SocketClient(
    network.indexerConfig,
    () => subscribe(socket),
    () => undefined,
    (message) => {
      // It subscribes to books, trades and candles in batches.
      const { contents = [] } = JSON.parse(message.data as string) as { contents?: Json | Json[] };
      seen.push(...[contents].flat());
    },
    () => undefined,
  );
  socket.connect();
  const all = await until(`${messages} messages`, () =>
    seen.length >= messages ? seen.slice(0, messages) : undefined,
  );
  socket.close();
  return all;
}

function applied(levels: Book['bids'], updates: readonly Json[], side: 'bids' | 'asks') {
  const sizes = new Map(levels);
  for (const update of updates) {
    for (const [price, size] of (update as Partial<Record<string, [string, string][]>>)[side] ?? [])
      if (Number(size) === 0) sizes.delete(Number(price));
      else sizes.set(Number(price), Number(size));
  }
  return [...sizes];
}

function seenBook(answer: Json): Book {
  const { bids, asks } = answer as Rows<'bids' | 'asks'>;
  const level = ({ price, size }: Json) => [Number(price), Number(size)] as const;
  return { bids: bids.map(level), asks: asks.map(level) };
}

const seenTrade = (row: Json): Trade => ({
  id: String(row['id']),
  price: Number(row['price']),
  size: Number(row['size']),
  timeMs: Date.parse(String(row['createdAt'])),
});

const seenCandle = ({ startedAt, open, high, low, close }: Json): Candle => ({
  startedAtMs: Date.parse(String(startedAt)),
  open: Number(open),
  high: Number(high),
  low: Number(low),
  close: Number(close),
});

const seenOrder = ({ id, clientId, status, size }: Json) => ({
  id: String(id),
  clientId: String(clientId),
  status: WORDS[String(status)] ?? String(status),
  size: Number(size),
});

const WORDS: Readonly<Record<string, string>> = {
  OPEN: 'open',
  UNTRIGGERED: 'open',
  FILLED: 'closed',
  CANCELED: 'canceled',
  BEST_EFFORT_CANCELED: 'canceling',
};
