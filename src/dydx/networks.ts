/** Where each network lives: chain id, indexer and validator addresses. */

export interface Network {
  readonly name: 'mainnet' | 'testnet' | 'embedded';
  readonly chainId: string;
  /** Of each kind at least one, in order of preference. */
  /** Indexer REST, including `/v4`, without a slash at the end. */
  readonly restUrls: readonly string[];
  /** Indexer WebSocket: one URL for all channels. */
  readonly socketUrls: readonly string[];
  /** CometBFT RPC of validators or full nodes. */
  readonly rpcUrls: readonly string[];
}

export const NETWORKS: { readonly mainnet: Network; readonly testnet: Network } = {
  mainnet: {
    name: 'mainnet',
    chainId: 'dydx-mainnet-1',
    restUrls: ['https://indexer.dydx.trade/v4'],
    socketUrls: ['wss://indexer.dydx.trade/v4/ws'],
    rpcUrls: [
      'https://dydx-ops-rpc.kingnodes.com:443',
      'https://dydx-dao-rpc.polkachu.com:443',
      'https://dydx-rpc.publicnode.com',
    ],
  },
  testnet: {
    name: 'testnet',
    chainId: 'dydx-testnet-4',
    restUrls: ['https://indexer.v4testnet.dydx.exchange/v4'],
    socketUrls: ['wss://indexer.v4testnet.dydx.exchange/v4/ws'],
    rpcUrls: ['https://test-dydx-rpc.kingnodes.com'],
  },
};

/** The exchange of our own: everything on one loopback port. */
export function embeddedNetwork(port: number): Network {
  const host = `127.0.0.1:${port}`;
  return {
    name: 'embedded',
    chainId: 'localdydxprotocol',
    restUrls: [`http://${host}/v4`],
    socketUrls: [`ws://${host}/v4/ws`],
    rpcUrls: [`http://${host}`],
  };
}
