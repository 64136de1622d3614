/** All that the service needs of the outside, given to it: real, simulated or remembered. */
import type { HeapClock } from '../clock/heap.clock.js';
import type { Config } from '../config/config-schema.js';
import type { Subaccount } from '../model/account.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketView } from '../model/book.js';
import type { AccountEvent } from '../model/events.js';
import type { BlockHeight, MarketId } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import { tap, type Observable, type Subject } from 'rxjs';
import type { EndpointState, RestUsage } from '../ports/control.js';
import type { Journal, JournalIdentity } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Random } from '../ports/random.js';
import type { Recording } from '../ports/recording.js';
import type { Resources } from '../ports/resources.js';
import type { SocketPort } from '../ports/socket.js';
import type { VenuePort } from '../ports/venue.js';
import type { Inbox } from './inbox.js';

/** What the venue may ask of the service while it lives. */
export interface Insight {
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  readonly view: (market: MarketId) => MarketView | undefined;
  readonly height: () => BlockHeight | undefined;
}

/** The venue, once it has been reached for: the exchange runs and the signer has its key. */
export interface Booted {
  readonly socketUrl: string;
  readonly venue: VenuePort;
  /** Account events that do not come over the wire: those of paper trading. */
  readonly account$?: Observable<AccountEvent>;
  /** Nothing will be signed any more, and why. */
  readonly signerFaults$?: Observable<string>;
}

export interface World {
  readonly config: Config;
  readonly version: string;
  readonly clock: HeapClock;
  readonly inbox: Inbox;
  readonly random: Random;
  /** 0 to 65,535, from no seed: tells two runs apart that share everything else. */
  readonly claimChance: number;
  readonly log: Log;
  readonly meter: Meter;
  readonly resources: Resources;
  readonly sockets: SocketPort;
  /** Undefined: markets are watched, nothing is traded. */
  readonly subaccount: Subaccount | undefined;
  /** Whether the account's own channel is to be heard; paper has none. */
  readonly hearsAccount: boolean;
  /** Of one socket, all keys together: what the venue's edge bears. */
  readonly subscribesPerSecond: number;
  /** The venue's addresses and their health; none where the venue is in process. */
  readonly endpoints?: () => readonly EndpointState[];
  readonly restUsage?: () => readonly RestUsage[];
  readonly boot: (insight: Insight) => Promise<Booted>;
  readonly openJournal: (identity: JournalIdentity) => Promise<Journal>;
  /** Where frames are kept as they come; closed with the world, and then `close` never rejects. */
  readonly recording?: Recording | undefined;
  /** Ends what `boot` began, and the recording. */
  readonly close: () => Promise<void>;
}

/**
 * A venue that is not there yet: every call asks for it anew. `forbidden` is told, in no input,
 * when it refuses to speak of the account: the address or the country is blocked.
 */
export function lateVenue(venue: () => VenuePort, forbidden?: Subject<string>): VenuePort {
  const heard = <T>(read$: Observable<T>): Observable<T> =>
    read$.pipe(
      tap({
        error: (error: unknown) => {
          if (error instanceof Failure && error.code === 'rest.forbidden')
            forbidden?.next(error.message);
        },
      }),
    );
  return {
    place: (request, expiresAt) => venue().place(request, expiresAt),
    cancel: (request) => venue().cancel(request),
    batchCancel: (requests) => venue().batchCancel(requests),
    order: (id) => heard(venue().order(id)),
    openOrders: () => heard(venue().openOrders()),
    fillsSince: (since) => heard(venue().fillsSince(since)),
    account: () => heard(venue().account()),
    family: () => heard(venue().family()),
    fundingPayments: (since) => heard(venue().fundingPayments(since)),
    transfers: (since) => heard(venue().transfers(since)),
    compliance: () => heard(venue().compliance()),
    indexerHeight: () => venue().indexerHeight(),
    chainHeight: () => venue().chainHeight(),
    limits: () => venue().limits(),
    markets: () => venue().markets(),
    book: (market) => venue().book(market),
    candles: (market, limit) => venue().candles(market, limit),
  };
}
