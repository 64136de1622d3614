/** The real venue: sends go to the signing thread, reads to the indexer and a validator. */
import { of } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import { blockHeight, type MarketId } from '../model/quantities.js';
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
      const spec = specOf(request.market);
      return spec ? signer.place(request, spec, expiresAt) : of(unknownMarket(request.market));
    },
    cancel(request) {
      const spec = specOf(request.market);
      return spec ? signer.cancel(request, spec) : of(unknownMarket(request.market));
    },
    batchCancel(requests) {
      const markets = [...new Set(requests.map(({ market }) => market))];
      // A market that nobody lists any more keeps no other's cancels from leaving.
      const cancels = markets.flatMap((market) => {
        const spec = specOf(market);
        const ofMarket = requests.filter((request) => request.market === market);
        const clientIds = ofMarket.map(({ clientId }) => clientId);
        return spec === undefined ? [] : [{ spec, clientIds }];
      });
      if (cancels.length === 0) return of(unknownMarket(markets.join(', ')));
      // Never below any of the orders' own: such a cancel would cancel nothing.
      const goodTilBlock = blockHeight(Math.max(...requests.map((one) => one.goodTilBlock)));
      return signer.batchCancel({ cancels, goodTilBlock });
    },
  };
}

const unknownMarket = (market: string): SendAnswer => ({
  type: 'unsent',
  reason: `parameters of ${market} are not known`,
});
