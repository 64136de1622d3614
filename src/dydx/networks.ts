/** Where each network lives: chain id, indexer and validator addresses. */

export interface Network {
  readonly name: 'mainnet' | 'testnet' | 'embedded';
  readonly chainId: string;
  /** Indexer REST, including `/v4`, without a slash at the end. */
  readonly restUrl: string;
  /** Indexer WebSocket: one URL for all channels. */
  readonly socketUrl: string;
  /** CometBFT RPC of validators or full nodes, in order of preference; at least one. */
  readonly rpcUrls: readonly string[];
}

export const NETWORKS: { readonly mainnet: Network; readonly testnet: Network } = {
  mainnet: {
    name: 'mainnet',
    chainId: 'dydx-mainnet-1',
    restUrl: 'https://indexer.dydx.trade/v4',
    socketUrl: 'wss://indexer.dydx.trade/v4/ws',
    rpcUrls: [
      'https://dydx-ops-rpc.kingnodes.com:443',
      'https://dydx-dao-rpc.polkachu.com:443',
      'https://dydx-rpc.publicnode.com',
    ],
  },
  testnet: {
    name: 'testnet',
    chainId: 'dydx-testnet-4',
    restUrl: 'https://indexer.v4testnet.dydx.exchange/v4',
    socketUrl: 'wss://indexer.v4testnet.dydx.exchange/v4/ws',
    rpcUrls: ['https://test-dydx-rpc.kingnodes.com'],
  },
};

/** The exchange of our own: everything on one loopback port. */
export function embeddedNetwork(port: number): Network {
  const host = `127.0.0.1:${port}`;
  return {
    name: 'embedded',
    chainId: 'localdydxprotocol',
    restUrl: `http://${host}/v4`,
    socketUrl: `ws://${host}/v4/ws`,
    rpcUrls: [`http://${host}`],
  };
}
