/** The real venue: sends go to the signing thread, reads to the indexer and a validator. */
import { of } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import type { MarketId } from '../model/quantities.js';
import type { Signer } from '../ports/signer.js';
import type { SendAnswer, VenuePort } from '../ports/venue.js';
import type { VenueReads } from './indexer.client.js';

export interface LiveVenueOptions {
  readonly signer: Signer;
  readonly reads: VenueReads;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
}

export function liveVenue({ signer, reads, specOf }: LiveVenueOptions): VenuePort {
  return {
    ...reads,
    place(request, expiresAt) {
      if (request.stateful !== undefined) return of(notSigned);
      const spec = specOf(request.market);
      return spec ? signer.place(request, spec, expiresAt) : of(unknownMarket(request.market));
    },
    cancel(request) {
      if (request.stateful !== undefined) return of(notSigned);
      const spec = specOf(request.market);
      return spec ? signer.cancel(request, spec) : of(unknownMarket(request.market));
    },
  };
}

/**
 * The signing thread knows short-term messages only: under a wrong kind it would be another order.
 */
const notSigned: SendAnswer = {
  type: 'unsent',
  reason: 'orders on chain are not signed: they need a sequence',
};

const unknownMarket = (market: MarketId): SendAnswer => ({
  type: 'unsent',
  reason: `parameters of ${market} are not known`,
});
