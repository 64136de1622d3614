/** ccxt's `dydx` as a peer: the unmodified classes, told by options where the devnet is. */
import { createRequire } from 'node:module';
import ccxt, { type Order, type Trade } from 'ccxt';
import { Refused, TICKER, Unable, type Cancel, type NewOrder, type Peer } from './peer.js';
import type { Json, Urls } from './wire.js';

const { dependencies } = createRequire(import.meta.url)('./package.json') as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const VERSION = dependencies['ccxt'];
const SYMBOL = 'BTC/USDC:USDC';
const TRANSFER_TYPES = {
  TRANSFER: 'fetchTransfers',
  DEPOSIT: 'fetchDeposits',
  WITHDRAWAL: 'fetchWithdrawals',
} as const;

export interface CcxtOptions {
  readonly urls: Urls;
  readonly chainName: string;
  readonly privateKey: string;
  readonly walletAddress: string;
}

const seenOrder = ({ id, clientOrderId = '', status, amount }: Order) => ({
  id: String(id),
  clientId: clientOrderId,
  status: String(status),
  size: Number(amount),
});

/** A refusal comes as an error whose message ends in the node's answer. */
async function sending<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const code = /"code":(\d+)/.exec(text)?.[1];
    if (code === undefined) throw error;
    throw new Refused(Number(code), text);
  }
}

export async function ccxtPeer(connection: CcxtOptions): Promise<Peer> {
  const { urls, chainName, privateKey, walletAddress } = connection;
  const options = { privateKey, chainName };
  const rest = new ccxt.dydx({ walletAddress, options });
  const pro = new ccxt.pro.dydx({ walletAddress, options });
  const api = { indexer: `${urls.rest}/v4`, nodeRpc: urls.rpc, nodeRest: urls.rest };
  rest.urls['api'] = api;
  pro.urls['api'] = { ...api, ws: urls.socket };
  rest.setMarkets(await scaledByText(rest));
  // What it asks for before it uses a socket without TLS.
  await pro.loadHttpProxyAgent();
  return {
    name: `ccxt ${VERSION}`,
    address: walletAddress,
    ...publicCalls(rest),
    ...watchCalls(pro),
    ...accountCalls(rest),
    ...orderCalls(rest),
    ...moneyCalls(rest),
    close: async () => {
      await pro.close();
      await rest.close();
    },
  };
}

/**
 * `createOrder` reads these two integers of a market as text, which this version makes of them only
 * when the same answer holds an integer beyond 2^53.
 */
async function scaledByText(rest: Rest) {
  const markets = await rest.fetchMarkets();
  return markets.map((market) => {
    const { atomicResolution, quantumConversionExponent } = (market?.info ?? {}) as Json;
    const text = {
      atomicResolution: String(atomicResolution),
      quantumConversionExponent: String(quantumConversionExponent),
    };
    return { ...market, info: { ...market?.info, ...text } };
  });
}

type Rest = InstanceType<typeof ccxt.dydx>;
type Pro = InstanceType<typeof ccxt.pro.dydx>;

const publicCalls = (rest: Rest) => ({
  // It takes the whole seconds of `epoch` for milliseconds.
  timeMs: async () => Number(await rest.fetchTime()) * 1000,
  height: () => rest.fetchLatestBlockHeight(),
  market: async () => {
    const markets = await rest.fetchMarkets();
    const market = markets.find((known) => known?.id === TICKER);
    return {
      tick: Number(market?.precision.price),
      step: Number(market?.precision.amount),
      isActive: market?.active === true,
    };
  },
  book: async () => {
    const { bids, asks } = await rest.fetchOrderBook(SYMBOL);
    return levels(bids, asks);
  },
  trades: async () => (await rest.fetchTrades(SYMBOL)).map(seenTrade),
  candles: async () => (await rest.fetchOHLCV(SYMBOL, '1m')).map(seenCandle),
  funding: async () =>
    (await rest.fetchFundingRateHistory(SYMBOL)).map(({ fundingRate, timestamp }) => ({
      rate: Number(fundingRate),
      timeMs: Number(timestamp),
    })),
});

const watchCalls = (pro: Pro) => ({
  watchBook: async (messages: number) => {
    for (let seen = 1; seen < messages; seen += 1) await pro.watchOrderBook(SYMBOL);
    const { bids, asks } = await pro.watchOrderBook(SYMBOL);
    return levels(bids, asks);
  },
  watchTrades: async () => {
    const snapshot = await pro.watchTrades(SYMBOL);
    return [...snapshot, ...(await pro.watchTrades(SYMBOL))].map(seenTrade);
  },
  watchCandles: async () => {
    await pro.watchOHLCV(SYMBOL, '1m');
    const [newest] = (await pro.watchOHLCV(SYMBOL, '1m')).slice(-1);
    if (newest === undefined) throw new Error('expected a candle, was none');
    return seenCandle(newest);
  },
});

const accountCalls = (rest: Rest) => ({
  publicKey: async () => {
    const request = { dydxAddress: rest.walletAddress };
    const { info } = (await rest['nodeRestGetCosmosAuthV1beta1AccountInfoDydxAddress'](
      request,
    )) as { readonly info: { readonly pub_key: { readonly key: string } | null } };
    return info.pub_key?.key;
  },
  accounts: async () => (await rest.fetchAccounts()).map(({ id }) => Number(id)),
  freeCollateral: async () => Number((await rest.fetchBalance())['USDC']?.free),
  positions: async () =>
    (await rest.fetchPositions()).map(({ side, contracts }) => ({
      side: String(side),
      size: Math.abs(Number(contracts)),
    })),
  order: async (id: string) => seenOrder(await rest.fetchOrder(id)),
  orders: async (status?: 'OPEN' | 'FILLED') => {
    const asked =
      status === 'OPEN'
        ? rest.fetchOpenOrders(SYMBOL)
        : status === 'FILLED'
          ? rest.fetchClosedOrders(SYMBOL)
          : rest.fetchOrders(SYMBOL);
    return (await asked).map(seenOrder);
  },
});

const orderCalls = (rest: Rest) => ({
  place: async (order: NewOrder) => {
    if (order.kind === 'resting') throw new Unable('no short-term order that rests');
    const { side, size, price } = order;
    const type = ['market', 'stopLoss', 'takeProfit'].includes(order.kind) ? 'market' : 'limit';
    const { id } = await sending(
      rest.createOrder(SYMBOL, type, side, size, price, orderParameters(order)),
    );
    return { id };
  },
  cancel: async ({ clientId, flags, goodTilBlock }: Cancel) => {
    const block = goodTilBlock === undefined ? {} : { goodTillBlock: goodTilBlock };
    const parameters = flags === 32 ? { trigger: true } : { orderFlags: flags, ...block };
    await sending(rest.cancelOrder(String(clientId), SYMBOL, parameters));
  },
  cancelMany: async (clientIds: readonly number[], goodTilBlock: number) => {
    const parameters = { clientOrderIds: [...clientIds], goodTillBlock: goodTilBlock };
    await sending(rest.cancelOrders([], SYMBOL, parameters));
  },
});

function orderParameters(order: NewOrder): Json {
  const { kind, clientId, trigger, goodTilBlock, reduceOnly } = order;
  return {
    clientOrderId: clientId,
    ...(goodTilBlock === undefined ? {} : { goodTillBlock: goodTilBlock }),
    ...(reduceOnly === undefined ? {} : { reduceOnly }),
    ...(kind === 'ioc' ? { timeInForce: 'IOC' } : {}),
    ...(kind === 'postOnly' ? { postOnly: true } : {}),
    ...(kind === 'stopLoss' ? { stopLossPrice: trigger } : {}),
    ...(kind === 'takeProfit' ? { takeProfitPrice: trigger } : {}),
  };
}

const moneyCalls = (rest: Rest) => ({
  movements: async (type: keyof typeof TRANSFER_TYPES) => {
    const rows = await rest[TRANSFER_TYPES[type]]();
    return rows.map(({ id, amount }) => ({ id: String(id), size: Number(amount) }));
  },
  withdraw: async (usdc: number) => {
    const parameters = { subaccountId: 0 };
    await sending(rest.withdraw('USDC', usdc, rest.walletAddress, undefined, parameters));
  },
  deposit: async (usdc: number) => {
    await sending(rest.transfer('USDC', usdc, 'main', rest.walletAddress, { toSubaccountId: 0 }));
  },
  transfer: async (usdc: number, toNumber: number) => {
    const { walletAddress: address } = rest;
    const parameters = { fromSubaccountId: 0, toSubaccountId: toNumber };
    await sending(rest.transfer('USDC', usdc, address, address, parameters));
  },
});

type Numbers = readonly (readonly (number | undefined)[])[];

const levels = (bids: Numbers, asks: Numbers) => ({ bids: bids.map(level), asks: asks.map(level) });
const level = ([price, size]: Numbers[number]) => [Number(price), Number(size)] as const;

const seenTrade = (trade: Trade) => ({
  id: String(trade.id),
  price: Number(trade.price),
  size: Number(trade.amount),
  timeMs: Number(trade.timestamp),
});

const seenCandle = ([startedAtMs, open, high, low, close]: Numbers[number]) => ({
  startedAtMs: Number(startedAtMs),
  open: Number(open),
  high: Number(high),
  low: Number(low),
  close: Number(close),
});
