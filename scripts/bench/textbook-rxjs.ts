/**
 * The original plan's pipeline as a textbook has it, in RxJS, operator by operator: JSON.parse, one
 * shared hub with a filter for each market and channel, a fold each, four scores for each market,
 * combineLatest over the scores of all markets, debounce, distinctUntilChanged, map, filter. Its
 * formulas are the plan's (their shape errors put right), its time is virtual as ours is.
 */
import {
  combineLatest,
  debounceTime,
  distinctUntilChanged,
  filter,
  map,
  retry,
  scan,
  share,
  startWith,
  Subject,
  throttleTime,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { Contestant } from './bench-rounds.js';
import type { Session } from './bench-session.js';
import { inTurns } from './our-side.js';

interface Message {
  readonly channel: string;
  readonly id?: string;
  readonly contents: {
    readonly bids?: readonly Change[];
    readonly asks?: readonly Change[];
    readonly trades?: readonly { readonly price: string; readonly size: string }[];
  };
}
/** An update has tuples, a snapshot has objects. */
type Change = readonly [string, string] | { readonly price: string; readonly size: string };
type Side = ReadonlyMap<number, number>;
interface Book {
  readonly bids: Side;
  readonly asks: Side;
}
interface Bar {
  readonly price: number;
  readonly size: number;
}
interface Scored {
  readonly market: string;
  readonly overall: number;
}

const RECENT_TRADES = 50;
const MOMENTUM_TRADES = 20;
const VOLUME_TRADES = 10;
const SIGNAL_THROTTLE_MS = 100;
const DEBOUNCE_MS = 500;

const bounded = (value: number): number => Math.min(100, Math.max(0, value));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function changed(side: Map<number, number>, changes: readonly Change[] = []): Map<number, number> {
  for (const change of changes) {
    const [price, size] = 'price' in change ? [change.price, change.size] : change;
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), Number(size));
  }
  return side;
}

function best(side: Side, isBetter: (a: number, b: number) => boolean): readonly [number, number] {
  let price = NaN;
  for (const candidate of side.keys()) if (!isBetter(price, candidate)) price = candidate;
  return [price, side.get(price) ?? 0];
}

/** The book's sides are mutable here, which is kinder to the plan than copies would be. */
const books = (messages$: Observable<Message>): Observable<Book> =>
  messages$.pipe(
    scan(
      ({ bids, asks }, { contents }) => ({
        bids: changed(bids, contents.bids),
        asks: changed(asks, contents.asks),
      }),
      { bids: new Map<number, number>(), asks: new Map<number, number>() },
    ),
  );

const bars = (messages$: Observable<Message>): Observable<readonly Bar[]> =>
  messages$.pipe(
    scan(
      (recent, { contents }) => {
        const trades = (contents.trades ?? []).map(({ price, size }) => ({
          price: Number(price),
          size: Number(size),
        }));
        return [...recent, ...trades].slice(-RECENT_TRADES);
      },
      [] as readonly Bar[],
    ),
  );

function momentum(trades: readonly Bar[]): number {
  const window = trades.slice(-MOMENTUM_TRADES);
  const [first, last] = [window[0]?.price ?? 0, window.at(-1)?.price ?? 0];
  return first === 0 ? 50 : bounded(50 + 2 * (last / first - 1) * 100);
}

function volume(trades: readonly Bar[]): number {
  if (trades.length === 0) return 50;
  const sizes = trades.map(({ size }) => size);
  return bounded(50 + 25 * (mean(sizes.slice(-VOLUME_TRADES)) / mean(sizes) - 1));
}

const bestBid = ({ bids }: Book) => best(bids, (a, b) => a > b);
const bestAsk = ({ asks }: Book) => best(asks, (a, b) => a < b);

function volatility(book: Book): number {
  const [bid] = bestBid(book);
  const [ask] = bestAsk(book);
  return Number.isNaN(bid + ask) ? 50 : bounded(1_000 * ((ask - bid) / ask) * 100);
}

function imbalance(book: Book): number {
  const [, bidSize] = bestBid(book);
  const [, askSize] = bestAsk(book);
  return bidSize + askSize === 0 ? 50 : (100 * bidSize) / (bidSize + askSize);
}

function marketSignals(
  hub$: Observable<Message>,
  market: string,
  scheduler: SchedulerLike,
): Observable<Scored> {
  const of = (channel: string) =>
    hub$.pipe(filter((message) => message.channel === channel && message.id === market));
  const book$ = books(of('v4_orderbook')).pipe(share());
  const bars$ = bars(of('v4_trades')).pipe(share());
  const score = <T>(source$: Observable<T>, engine: (value: T) => number): Observable<number> =>
    source$.pipe(map(engine), throttleTime(SIGNAL_THROTTLE_MS, scheduler), startWith(50));
  return combineLatest([
    score(bars$, momentum),
    score(bars$, volume),
    score(book$, volatility),
    score(book$, imbalance),
  ]).pipe(map((scores) => ({ market, overall: mean(scores) })));
}

function decide(markets: readonly Scored[]) {
  const top = markets.reduce((one, other) => (other.overall > one.overall ? other : one));
  const action = top.overall >= 80 ? 'BUY' : top.overall <= 30 ? 'SELL' : 'HOLD';
  const confidence =
    action === 'BUY'
      ? Math.min(0.9, top.overall / 100 + 0.1)
      : action === 'SELL'
        ? Math.min(0.9, (100 - top.overall) / 100 + 0.1)
        : 0.5;
  return { market: top.market, action, confidence };
}

function textbook(markets: readonly string[], scheduler: SchedulerLike) {
  const raw$ = new Subject<Buffer>();
  const hub$ = raw$.pipe(
    map((frame) => JSON.parse(frame.toString()) as Message),
    retry(3),
    share(),
  );
  const decisions$ = combineLatest(
    markets.map((market) => marketSignals(hub$, market, scheduler)),
  ).pipe(
    debounceTime(DEBOUNCE_MS, scheduler),
    distinctUntilChanged(),
    map(decide),
    filter(({ confidence }) => confidence > 0.8),
  );
  return { raw$, decisions$ };
}

export function textbookRxjs(session: Session, limit: number): Contestant {
  const { opening, specs, stamps, turns } = session;
  const frames = session.frames.slice(0, limit);
  return {
    name: "the plan's RxJS",
    frames: frames.length,
    prepare: () => {
      const clock = new HeapClock(session.startMs);
      const markets = specs.map(({ market }) => market);
      const { raw$, decisions$ } = textbook(markets, clock.scheduler);
      decisions$.subscribe();
      for (const frame of opening) raw$.next(frame);
      return inTurns(turns, (from, end) => {
        clock.advanceTo(stamps[end - 1] ?? 0);
        for (let index = from; index < end; index += 1) raw$.next(frames[index] as Buffer);
      });
    },
  };
}
