/**
 * The family in view: the traded subaccount's parent and all of its children, read slowly by REST
 * and valued as the traded one is. It is only looked at: what fails is said, and nothing halts.
 */
import { catchError, EMPTY, exhaustMap, map, of, timer, type Observable } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { MarketEngine } from '../ports/engine.js';
import type { VenueFamily, VenuePort } from '../ports/venue.js';
import { familyFigures, type FamilyFigures } from '../portfolio/family-figures.js';
import { customOf } from '../risk/custom-margin.js';
import { misplaced } from '../risk/isolated-places.js';
import type { World } from './world.js';

export interface FamilyWatchOptions {
  readonly world: World;
  readonly venue: Pick<VenuePort, 'family'>;
  readonly pipeline: Pick<MarketEngine, 'fold'>;
}

/** One reading of the family. */
export interface FamilyReading {
  readonly at: UnixMs;
  readonly figures: FamilyFigures;
  /** The venue's own sums. */
  readonly venue: Pick<VenueFamily, 'equity' | 'freeCollateral'>;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
}

const READ_EVERY_MS = 60_000;

export class FamilyWatch {
  /** The newest that was read; undefined before, and of an account that was never funded. */
  reading: FamilyReading | undefined;
  /** Why the last read failed, if it did. */
  failure: string | undefined;
  /** Which of the settings' markets have no place here, and where they have one. */
  advice: string | undefined;
  readonly #options: FamilyWatchOptions;

  constructor(options: FamilyWatchOptions) {
    this.#options = options;
  }

  /** For as long as somebody listens. Of a paper account nobody knows but we. */
  reads$(): Observable<void> {
    const { world, venue } = this.#options;
    const { clock, inbox, log } = world;
    if (world.subaccount === undefined) return EMPTY;
    if (!world.hearsAccount) return of(undefined).pipe(map(() => this.#advise(world)));
    return timer(0, READ_EVERY_MS, clock.scheduler).pipe(
      exhaustMap(() =>
        inbox.door('answer', 'rest/family', venue.family()).pipe(
          map((family) => ({ family, failure: undefined })),
          catchError(({ message }: Error) => of({ family: undefined, failure: message })),
        ),
      ),
      map(({ family, failure }) => {
        this.failure = failure;
        if (failure === undefined) this.reading = family && readingOf(family, clock.now());
        else log.write('warn', 'family.unread', { reason: failure });
        this.#advise(world);
      }),
    );
  }

  #advise({ log, subaccount }: World): void {
    const { fold } = this.#options.pipeline;
    const chosen = fold.markets.flatMap((market) => fold.spec(market) ?? []);
    const places = (this.reading?.figures.members ?? []).map(({ member }) => ({
      number: member.number,
      held: member.positions.flatMap(({ market }) => this.reading?.specOf(market) ?? []),
    }));
    const advice = misplaced(subaccount?.number ?? 0, chosen, places);
    if (advice !== undefined && advice !== this.advice) {
      log.write('warn', 'subaccount.unfit', { advice });
    }
    this.advice = advice;
  }
}

function readingOf({ markets, ...family }: VenueFamily, at: UnixMs): FamilyReading {
  const listed = new Map(markets.map((market) => [market.spec.market, market]));
  const figures = familyFigures(family, (market, { marginPpm }) => {
    const { spec, oracle, openInterest } = listed.get(market) ?? {};
    return spec && oracle
      ? { spec, oracle, openInterest, askedPpm: customOf(spec, marginPpm) }
      : undefined;
  });
  return { at, figures, venue: family, specOf: (market) => listed.get(market)?.spec };
}
