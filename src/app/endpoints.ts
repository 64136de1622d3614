/** The venue's addresses by kind, with their health, and the probes that keep it fresh. */
import { merge, type SchedulerLike } from 'rxjs';
import type { Config } from '../config/config-schema.js';
import { EndpointPool, originOf } from '../dydx/endpoint-pool.js';
import { endpointProbes, EndpointRoad } from '../dydx/endpoint-road.client.js';
import type { Network } from '../dydx/networks.js';
import type { EndpointState } from '../ports/control.js';
import type { HttpPort } from '../ports/http.js';

export interface Endpoints {
  readonly rest: EndpointPool;
  readonly socket: EndpointPool;
  readonly rpc: EndpointPool;
  states(now: number): readonly EndpointState[];
  /** Without what stands behind the host: it may be a key. */
  origins(): Readonly<Record<'rest' | 'socket' | 'rpc', readonly string[]>>;
  close(): void;
}

export interface EndpointsOptions {
  readonly network: Network;
  readonly http: HttpPort;
  readonly scheduler: SchedulerLike;
  readonly now: () => number;
}

/** Probes run from here on, where there is more than one address to choose from. */
export function endpointsOf({ network, http, scheduler, now }: EndpointsOptions): Endpoints {
  const { chainId, restUrls, rpcUrls, socketUrls } = network;
  const rest = new EndpointPool({ kind: 'rest', urls: restUrls, hasProbes: restUrls.length > 1 });
  const rpc = new EndpointPool({ kind: 'rpc', urls: rpcUrls, hasProbes: rpcUrls.length > 1 });
  const socket = new EndpointPool({ kind: 'socket', urls: socketUrls, hasProbes: false });
  const road = new EndpointRoad(http, now);
  const probes = merge(
    endpointProbes({ road, pool: rest, chainId, scheduler }),
    endpointProbes({ road, pool: rpc, chainId, scheduler }),
  ).subscribe();
  return {
    rest,
    socket,
    rpc,
    states: (at) => [rest, socket, rpc].flatMap((pool) => pool.states(at)),
    origins: () => ({
      rest: restUrls.map(originOf),
      socket: socketUrls.map(originOf),
      rpc: rpcUrls.map(originOf),
    }),
    close: () => probes.unsubscribe(),
  };
}

/** The settings' addresses in place of the network's own, kind by kind. */
export function withAddresses(network: Network, written: Config['endpoints']): Network {
  const { restUrl, restUrls, rpcUrl, rpcUrls, socketUrl, socketUrls } = written;
  const chosen = (one: string | undefined, many: readonly string[] | undefined) =>
    many ?? (one === undefined ? undefined : [one]);
  return {
    ...network,
    restUrls: chosen(restUrl, restUrls) ?? network.restUrls,
    socketUrls: chosen(socketUrl, socketUrls) ?? network.socketUrls,
    rpcUrls: chosen(rpcUrl, rpcUrls) ?? network.rpcUrls,
  };
}

/** The names of those that are written both as one and as a list. */
export const writtenTwice = (written: Config['endpoints']): readonly string[] =>
  (['restUrl', 'socketUrl', 'rpcUrl'] as const).filter(
    (key) => written[key] !== undefined && written[`${key}s`] !== undefined,
  );

/** Long enough to be a key, and not only a word of a path. */
const KEY_LENGTH_MIN = 16;

/** Parts of addresses that may be keys to a provider's service: they are secrets. */
export const addressParts = (written: Config['endpoints']): readonly string[] =>
  Object.values(written)
    .flat()
    .flatMap((url) => url.replace(originOf(url), '').split(/[/?&=:@#]/))
    .filter((part) => part.length >= KEY_LENGTH_MIN);
