/** The addresses of the networks are whole and belong together. */
import { describe, expect, it } from 'vitest';
import { embeddedNetwork, NETWORKS } from '../../src/dydx/networks.js';

describe.each([NETWORKS.mainnet, NETWORKS.testnet])('the network $name', (network) => {
  it('is reached over encrypted connections only', () => {
    for (const urls of [network.restUrls, network.socketUrls, network.rpcUrls]) {
      expect(urls.length).toBeGreaterThan(0);
    }
    for (const url of network.restUrls) expect(url).toMatch(/^https:.*\/v4$/);
    for (const url of network.socketUrls) expect(url).toMatch(/^wss:.*\/v4\/ws$/);
    for (const url of network.rpcUrls) expect(url).toMatch(/^https:.*[^/]$/);
  });
});

describe('the embedded network', () => {
  it('lives on one loopback port', () => {
    expect(embeddedNetwork(4711)).toEqual({
      name: 'embedded',
      chainId: 'localdydxprotocol',
      restUrls: ['http://127.0.0.1:4711/v4'],
      socketUrls: ['ws://127.0.0.1:4711/v4/ws'],
      rpcUrls: ['http://127.0.0.1:4711'],
    });
  });
});
