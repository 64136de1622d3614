/** The addresses of the networks are whole and belong together. */
import { describe, expect, it } from 'vitest';
import { embeddedNetwork, NETWORKS } from '../../src/dydx/networks.js';

describe.each([NETWORKS.mainnet, NETWORKS.testnet])('the network $name', (network) => {
  it('is reached over encrypted connections only', () => {
    expect(network.restUrl).toMatch(/^https:.*\/v4$/);
    expect(network.socketUrl).toMatch(/^wss:.*\/v4\/ws$/);
    expect(network.rpcUrls.length).toBeGreaterThan(0);
    for (const url of network.rpcUrls) expect(url).toMatch(/^https:.*[^/]$/);
  });
});

describe('the embedded network', () => {
  it('lives on one loopback port', () => {
    expect(embeddedNetwork(4711)).toEqual({
      name: 'embedded',
      chainId: 'localdydxprotocol',
      restUrl: 'http://127.0.0.1:4711/v4',
      socketUrl: 'ws://127.0.0.1:4711/v4/ws',
      rpcUrls: ['http://127.0.0.1:4711'],
    });
  });
});
