/**
 * The venue's books by REST and the chain's height by RPC: the reading half of the venue. Each read
 * waits for its bucket's budget, has a deadline and is checked like a frame; it fails as `Failure`.
 */
import {
  catchError,
  defaultIfEmpty,
  defer,
  EMPTY,
  expand,
  forkJoin,
  map,
  mergeMap,
  of,
  reduce,
  tap,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import {
  parentNumber,
  type Compliance,
  type FamilyMember,
  type Subaccount,
} from '../model/account.js';
import type { MarketSpec } from '../model/market.js';
import type { Fill } from '../model/order.js';
import type { VenueLimits } from '../model/venue-limits.js';
import { blockHeight, type BlockHeight, type FillId, type MarketId } from '../model/quantities.js';
import { Failure, InvariantError } from '../model/result.js';
import type { Clock } from '../ports/clock.js';
import type { HttpAnswer, HttpPort, HttpRequest } from '../ports/http.js';
import type { VenueFamily, VenueMarket, VenuePort } from '../ports/venue.js';
import { readFamily, readFill, readOrder, readSubaccount } from './account-contents.js';
import { EndpointPool } from './endpoint-pool.js';
import { DEADLINE_MS, EndpointRoad, IndexerRoad, type FaultIn } from './endpoint-road.client.js';
import {
  readableMarkets,
  readBook,
  readCandles,
  readHeight,
  readOpenInterest,
  readOracle,
  readSpec,
} from './market-contents.js';
import { moneyReads } from './money-reads.client.js';
import type { Network } from './networks.js';
import { RestBudget, type Bucket } from './rest-budget.js';
import { checks } from './schemas.js';
import { unitsOf } from './units.js';
import { UnknownMarket, Unreadable } from './unreadable.js';
import {
  BLOCK_RATES,
  EQUITY_TIERS,
  leverageOf,
  readBlockRates,
  readEquityTiers,
  readLeverage,
  type NodeQuery,
} from './venue-limits.codec.js';

export type VenueReads = Omit<VenuePort, 'place' | 'cancel' | 'batchCancel'>;

export interface IndexerOptions {
  readonly network: Network;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly subaccount: Subaccount;
  /** Market parameters learned so far; reads about other markets fail with `market.unknown`. */
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  /** Which addresses are asked, with their health; pools of the network's own if there is none. */
  readonly pools?: { readonly rest: EndpointPool; readonly rpc: EndpointPool };
  /** Of the pools' facts; the clock's unless a finer one is at hand. */
  readonly now?: () => number;
  /** Of the whole process; one of its own where nobody shares it. */
  readonly budget?: RestBudget;
}

const FILLS_PER_PAGE = 100;
/** The most that the venue gives: for a height that has more fills than a page. */
const FILLS_PER_PAGE_MAX = 1_000;
const FILL_PAGES_MAX = 500;
const LATEST = Number.MAX_SAFE_INTEGER;
const OPEN_STATUSES = 'OPEN,UNTRIGGERED,BEST_EFFORT_OPENED';

export function indexerReads(options: IndexerOptions): VenueReads {
  const { network, subaccount } = options;
  const { road, indexer, rpc } = roadsOf(options);
  const requests = budgetedRequests(options);
  const owner = `address=${subaccount.address}&subaccountNumber=${subaccount.number}`;
  const knownSpec = (market: MarketId): MarketSpec => known(options.specOf(market), market);
  const get = <T>(bucket: Bucket, path: string, read: (json: unknown) => T): Observable<T> =>
    requests.send(bucket, path, () => indexer.get(path)).pipe(readJson(read));
  const fillPage: FillPage = (until, limit) => {
    const cursor = until === undefined ? '' : `&createdBeforeOrAtHeight=${until}`;
    const path = `/fills?${owner}&limit=${limit}${cursor}`;
    return get('fills', path, (json) =>
      checks.fills(json).fills.map((fill) => readFill(fill, knownSpec)),
    );
  };
  const blockHeightIn = ({ body }: HttpAnswer): BlockHeight =>
    readBlockHeight(JSON.parse(body), network);
  const ask = (query: NodeQuery): Observable<Uint8Array> =>
    requests
      .send('rpc', query.path, () =>
        road.ask(rpc, (url) => queryRequest(url, query), faultOf(answerIn(query.path))),
      )
      .pipe(readAs(answerIn(query.path)));
  return {
    order: (id) =>
      get('order', `/orders/${id}`, (json) => readOrder(checks.order(json), knownSpec)).pipe(
        absentWhenNotFound(),
      ),
    openOrders: () =>
      get('orders', `/orders?${owner}&status=${OPEN_STATUSES}`, (json) =>
        checks.orders(json).map((order) => readOrder(order, knownSpec)),
      ),
    fillsSince: (since) => fillsSince(fillPage, since),
    account: () =>
      get(
        'default',
        `/addresses/${subaccount.address}/subaccountNumber/${subaccount.number}`,
        (json) => readSubaccount(checks.subaccount(json).subaccount, knownSpec),
      ).pipe(absentWhenNotFound()),
    compliance: () => get('default', `/compliance/screen/${subaccount.address}`, readCompliance),
    ...moneyReads({ owner, get }),
    indexerHeight: () =>
      get('default', '/height', (json) => readHeight(checks.height(json).height)).pipe(
        tap((height) => indexer.told(height)),
      ),
    chainHeight: () =>
      requests
        .send('rpc', 'block', () => road.ask(rpc, blockRequest, faultOf(blockHeightIn)))
        .pipe(readAs(blockHeightIn)),
    limits: () => limitsBy(ask, subaccount),
    markets: () => get('default', '/perpetualMarkets', readMarkets),
    family: () => familyBy({ subaccount, get, ask }).pipe(absentWhenNotFound()),
    book: (market) =>
      get('books', `/orderbooks/perpetualMarket/${encodeURIComponent(market)}`, (json) =>
        readBook(json, unitsOf(knownSpec(market))),
      ),
    candles: (market, limit) =>
      get(
        'candles',
        `/candles/perpetualMarkets/${encodeURIComponent(market)}?resolution=1MIN&limit=${limit}`,
        (json) => readCandles(checks.candles(json).candles, unitsOf(knownSpec(market))),
      ),
  };
}

function readCompliance(json: unknown): Compliance {
  const { status, reason } = checks.compliance(json);
  return { status, reason: reason ?? undefined };
}

function known(spec: MarketSpec | undefined, market: MarketId): MarketSpec {
  if (spec === undefined) throw new UnknownMarket(`parameters of ${market} are not known`);
  return spec;
}

const readMarkets = (json: unknown): readonly VenueMarket[] =>
  readableMarkets(checks.markets(json).markets).map((market) => ({
    spec: readSpec(market),
    oracle: readOracle(market.oraclePrice),
    openInterest: readOpenInterest(market.openInterest),
  }));

interface Asking {
  readonly subaccount: Subaccount;
  readonly get: <T>(bucket: Bucket, path: string, read: (json: unknown) => T) => Observable<T>;
  readonly ask: (query: NodeQuery) => Observable<Uint8Array>;
}

/** Waits behind all that trading asks for. The node is asked about those that hold something. */
function familyBy({ subaccount, get, ask }: Asking): Observable<VenueFamily> {
  const { address } = subaccount;
  const path = `/addresses/${address}/parentSubaccountNumber/${parentNumber(subaccount.number)}`;
  const withMargin = (member: FamilyMember): Observable<FamilyMember> =>
    member.positions.length === 0
      ? of(member)
      : ask(leverageOf({ address, number: member.number })).pipe(
          readAs((leverage) => ({ ...member, marginPpm: readLeverage(leverage) })),
        );
  return forkJoin([
    get('books', '/perpetualMarkets', readMarkets),
    get('books', path, (json) => checks.family(json).subaccount),
  ]).pipe(
    readAs(([markets, told]) => {
      const specs = new Map(markets.map(({ spec }) => [spec.market, spec]));
      return { markets, ...readFamily(told, (market) => known(specs.get(market), market)) };
    }),
    mergeMap((family) =>
      forkJoin(family.members.map(withMargin)).pipe(
        defaultIfEmpty<FamilyMember[], FamilyMember[]>([]),
        map((members) => ({ ...family, members })),
      ),
    ),
  );
}

/** Three questions to the node, which make one answer. */
const limitsBy = (ask: Asking['ask'], subaccount: Subaccount): Observable<VenueLimits> =>
  forkJoin([ask(BLOCK_RATES), ask(EQUITY_TIERS), ask(leverageOf(subaccount))]).pipe(
    readAs(([rates, tiers, leverage]) => ({
      ...readBlockRates(rates),
      equityTiers: readEquityTiers(tiers),
      marginPpm: readLeverage(leverage),
    })),
  );

const answerIn =
  (path: string) =>
  ({ body }: HttpAnswer): Uint8Array => {
    const { code = 0, log, value } = checks.query(JSON.parse(body)).result.response;
    if (code !== 0) throw new Unreadable(`${path}: code ${code} ${log ?? ''}`);
    return Buffer.from(value ?? '', 'base64');
  };

/** What a node says with status 200 is an answer only if it can be read: else another is asked. */
const faultOf =
  (read: (answer: HttpAnswer) => unknown): FaultIn =>
  (answer) => {
    try {
      read(answer);
      return undefined;
    } catch (error) {
      return isBadContent(error) ? error.message : String(error);
    }
  };

/** Pools of the network's own where none are shared. */
function roadsOf({ clock, http, network, now, pools }: IndexerOptions) {
  const road = new EndpointRoad(http, now ?? (() => clock.now()));
  const { rest, rpc } = pools ?? {
    rest: new EndpointPool({ kind: 'rest', urls: network.restUrls, hasProbes: false }),
    rpc: new EndpointPool({ kind: 'rpc', urls: network.rpcUrls, hasProbes: false }),
  };
  return { road, rpc, indexer: new IndexerRoad(road, rest) };
}

function readBlockHeight(json: unknown, { chainId }: Network): BlockHeight {
  const { header } = checks.block(json).result.block;
  if (header.chain_id === chainId) return readHeight(header.height);
  throw new Unreadable(`expected chain ${chainId}, was ${header.chain_id}`);
}

const blockRequest = (url: string): HttpRequest => ({
  method: 'POST',
  url,
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'block', params: {} }),
  deadlineMs: DEADLINE_MS,
});

/** The newest fills up to a height. */
type FillPage = (until: BlockHeight | undefined, limit: number) => Observable<readonly Fill[]>;

interface Page {
  readonly fills: readonly Fill[];
  readonly until: BlockHeight | undefined;
  readonly limit: number;
}

const queryRequest = (url: string, { path, data }: NodeQuery): HttpRequest => ({
  method: 'POST',
  url,
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'abci_query',
    params: { path, data, prove: false },
  }),
  deadlineMs: DEADLINE_MS,
});

/**
 * Pages by height, newest first, each overlapping the last by one whole height, because the order
 * inside a height is undefined, until one reaches below `since`. Never by `page`, which turns the
 * order round. A height that fills a whole page is asked for once more with the greatest one.
 */
function fillsSince(fillPage: FillPage, since: BlockHeight): Observable<readonly Fill[]> {
  const read = (until: BlockHeight | undefined, limit: number): Observable<Page> =>
    fillPage(until, limit).pipe(map((fills) => ({ fills, until, limit })));
  const older = ({ fills, until, limit }: Page, pages: number): Observable<Page> => {
    const oldest = blockHeight(
      fills.reduce((least, { height }) => Math.min(least, height), LATEST),
    );
    if (fills.length < limit || oldest < since) return EMPTY;
    const isStuck = oldest === until;
    if (isStuck && limit < FILLS_PER_PAGE_MAX) return read(oldest, FILLS_PER_PAGE_MAX);
    if (isStuck || pages >= FILL_PAGES_MAX) {
      const message = `fills down to ${since} do not fit ${pages} pages (stuck at ${oldest})`;
      return throwError(() => new Failure('fills.incomplete', message, { retryable: false }));
    }
    return read(oldest, FILLS_PER_PAGE);
  };
  return read(undefined, FILLS_PER_PAGE).pipe(
    expand((page, index) => older(page, index + 1)),
    reduce((all, { fills }) => {
      for (const fill of fills) if (fill.height >= since) all.set(fill.fillId, fill);
      return all;
    }, new Map<FillId, Fill>()),
    map((all) => [...all.values()]),
  );
}

/** Requests of one bucket leave in order, spaced by the budget that all readers share. */
function budgetedRequests({ clock, budget = new RestBudget() }: IndexerOptions): {
  send(bucket: Bucket, path: string, request: () => Observable<HttpAnswer>): Observable<HttpAnswer>;
} {
  return {
    send: (bucket, path, request) =>
      defer(() => {
        const wait = budget.reserve(bucket, clock.now());
        if (!wait.ok) {
          const { code, message } = wait.error;
          return throwError(() => failure(code, message, true));
        }
        const sent$ =
          wait.value > 0 ? timer(wait.value, clock.scheduler).pipe(mergeMap(request)) : request();
        return sent$.pipe(
          map((answer) => {
            budget.heard(bucket, answer, clock.now());
            return accept(answer, path);
          }),
        );
      }),
  };
}

const failure = (code: string, message: string, retryable: boolean): Failure =>
  new Failure(code, message, { retryable });

/** Only 200 passes. A refusal for the address or the country does not pass with time. */
function accept(answer: HttpAnswer, target: string): HttpAnswer {
  const { status, body } = answer;
  if (status === 200) return answer;
  const [path = ''] = target.split('?');
  const text = `${path}: status ${status} ${body.slice(0, 200)}`;
  if (status === 403) throw failure('rest.forbidden', text, false);
  if (status === 404) throw failure('rest.not-found', text, false);
  if (status === 429) throw failure('rest.rate-limited', text, true);
  if (status >= 500) throw failure('rest.unavailable', text, true);
  throw failure('rest.refused', text, false);
}

/** What is not readable will not become so by asking again. */
function readAs<A, T>(read: (answer: A) => T): (answers$: Observable<A>) => Observable<T> {
  return map((answer) => {
    try {
      return read(answer);
    } catch (error) {
      if (error instanceof UnknownMarket) throw failure('market.unknown', error.message, true);
      if (isBadContent(error)) throw failure('rest.unreadable', error.message, false);
      throw error;
    }
  });
}

/** JSON → schema → model. */
const readJson = <T>(read: (json: unknown) => T) =>
  readAs(({ body }: HttpAnswer) => read(JSON.parse(body)));

/** The model's constructors throw invariant errors; here the data is wrong, not the program. */
const isBadContent = (error: unknown): error is Error =>
  error instanceof Unreadable || error instanceof SyntaxError || error instanceof InvariantError;

/** 404 is a normal answer for orders that ended unfilled and for accounts never funded. */
const absentWhenNotFound =
  <T>() =>
  (read$: Observable<T>): Observable<T | undefined> =>
    read$.pipe(
      catchError((error: unknown) => {
        if (error instanceof Failure && error.code === 'rest.not-found') return [undefined];
        throw error;
      }),
    );
