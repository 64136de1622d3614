/**
 * A recording run through layers 3 to 5 on its own time line: the frames' stamps move the clock,
 * and a turn ends where the stamp changes. The same recording gives the same report, to the byte,
 * whichever engine runs it; with both, every difference is listed.
 */
import { merge, NEVER, tap, type Subscription } from 'rxjs';
import { HeapClock } from '../clock/heap.clock.js';
import { readRecording } from '../journal/recording.store.js';
import type { Verdict } from '../model/decision.js';
import type { Divergence } from '../model/engine-status.js';
import type { FrameCounts } from '../model/events.js';
import { unixMs, type UnixMs } from '../model/quantities.js';
import type { MarketEngine, MarketSummary } from '../ports/engine.js';
import type { RecordedFrame } from '../ports/recording.js';
import type { Strategy } from '../ports/strategy.js';
import { Scorecard, type ScorecardReport } from '../report/scorecard.js';
import { scoring } from '../report/scorecard.stream.js';
import { verdictKey } from '../strategy/decision.stream.js';
import { createSniper } from '../strategy/sniper.js';
import { EngineComparison, EngineSayings, type Compared } from './engine-comparison.js';
import { batchEngine, legacyEngine, streamingEngine, type EngineParts } from './engines.js';
import { Inbox } from './inbox.js';
import { createChosen, termsOf, type Choice } from './strategy-choice.js';

/** `legacy` is the old bot's scores and strategy on our books. */
export type ReplayEngine = 'streaming' | 'batch' | 'both' | 'legacy';

export interface ReplayReport {
  readonly frames: FrameCounts;
  readonly from: number | null;
  readonly to: number | null;
  readonly markets: Readonly<Record<string, MarketSummary>>;
  readonly strategy: string;
  /** Changes of decision that lasted, and the entries and quotes among them. */
  readonly decisions: number;
  readonly entries: number;
  readonly quotes: number;
  /** Looks at markets by their first reason: why it did, why it did not. */
  readonly looks: Readonly<Record<string, number>>;
  /** What a user's strategy was given up for. */
  readonly faults: readonly string[];
  readonly deadLetters: Readonly<Record<string, number>>;
  /** With both engines: how often they were compared in full, and where they differed. */
  readonly compared?: number;
  readonly divergent?: number;
  readonly divergences?: readonly Divergence[];
  /** Where it was asked for. */
  readonly scorecard?: ScorecardReport;
  /** The recording was cut: where it ends. */
  readonly warning?: string;
}

export interface ReplayOptions {
  readonly engine?: ReplayEngine;
  /** A strategy of its own for each engine. */
  readonly strategy?: () => Strategy;
  /** In its place: as chosen by name or file. It is flat all the time, for nothing is filled. */
  readonly choice?: Choice;
  /** Look at every market once a second, and at what its mid did after each score. */
  readonly scorecard?: boolean;
}

/** After the last frame time runs on for so long, for the decisions that are still settling. */
const EPILOGUE_MS = 1_000;
/** With both engines everything is compared this often; the touch of the books after each turn. */
const COMPARE_MS = 1_000;
const LEGACY = 'legacyOverall';
/** Reasons kept apart; an author may have as many codes as they like. */
const CODES_MAX = 100;

export async function replayFile(path: string, options?: ReplayOptions): Promise<ReplayReport> {
  const recording = readRecording(path);
  const report = await replay(recording, options);
  const { warning } = recording;
  return warning === undefined ? report : { ...report, warning };
}

export async function replay(
  frames: AsyncIterable<RecordedFrame>,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  let run: ReplayRun | undefined;
  for await (const frame of frames) {
    run ??= new ReplayRun(frame.receivedAt, options);
    run.take(frame);
  }
  return (run ?? new ReplayRun(unixMs(0), options)).end();
}

/** Its time line begins with the first frame. */
class ReplayRun {
  readonly #from: UnixMs;
  readonly #inbox: Inbox;
  /** The first one is reported of. */
  readonly #runs: readonly Compared[];
  readonly #comparison: EngineComparison | undefined;
  readonly #subscription: Subscription;
  readonly #scorecard: Scorecard | undefined;
  #turn: UnixMs;
  #comparedAt: UnixMs;
  #compared = 0;
  #strategy = '';
  readonly #looks = new Map<string, number>();
  readonly #faults: string[] = [];

  constructor(from: UnixMs, options: ReplayOptions) {
    const { engine: which = 'streaming', choice } = options;
    const clock = new HeapClock(from);
    this.#from = from;
    this.#turn = from;
    this.#comparedAt = from;
    this.#inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: () => undefined });
    const strategy = (): Strategy => this.#create(options);
    const circumstances = choice && { terms: termsOf(choice.settings) };
    const parts = { clock, strategy, circumstances, flush$: this.#inbox.flush$ };
    const engines = this.#engines(which, parts);
    this.#runs = engines.map((engine) => ({ engine, sayings: new EngineSayings(verdictKey) }));
    const [streaming, batch] = this.#runs;
    if (streaming !== undefined && batch !== undefined) {
      this.#comparison = new EngineComparison({ streaming, batch });
    }
    const said$ = this.#runs.map(({ engine, sayings }) => sayings.listen(engine));
    this.#scorecard = options.scorecard === true ? new Scorecard() : undefined;
    const scoring$ =
      this.#scorecard === undefined || engines[0] === undefined
        ? NEVER
        : scoring(engines[0], this.#scorecard, clock.scheduler);
    const looks$ = engines[0]?.verdicts$.pipe(tap((verdict) => this.#count(verdict))) ?? NEVER;
    this.#subscription = merge(...said$, scoring$, looks$).subscribe();
  }

  /** Stamps that go back are taken as now. */
  take({ receivedAt, data }: RecordedFrame): void {
    if (receivedAt > this.#turn) this.#endTurn();
    this.#turn = unixMs(Math.max(this.#turn, receivedAt));
    const frame = { data, at: this.#turn };
    const deliver = (): void => this.#runs.forEach(({ engine }) => engine.receive(frame));
    this.#inbox.enter('frame', 'recording', deliver, this.#turn);
  }

  end(): ReplayReport {
    this.#endTurn();
    const epilogue = unixMs(this.#turn + EPILOGUE_MS);
    this.#inbox.enter('tick', 'clock', () => undefined, epilogue);
    this.#compare(epilogue);
    this.#subscription.unsubscribe();
    const [reported] = this.#runs;
    if (reported === undefined) throw new Error('a replay without an engine');
    const { engine, sayings } = reported;
    const { counts, fold, letters } = engine;
    const markets = fold.markets.flatMap((market) => {
      const report = fold.report(market);
      return report === undefined ? [] : [[market, report] as const];
    });
    return {
      frames: counts,
      from: counts.received > 0 ? this.#from : null,
      to: counts.received > 0 ? this.#turn : null,
      markets: Object.fromEntries(markets),
      strategy: this.#strategy,
      decisions: sayings.decided,
      entries: sayings.entries,
      quotes: sayings.quotes,
      looks: Object.fromEntries([...this.#looks].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      faults: this.#faults,
      deadLetters: letters,
      ...this.#differences(),
      ...(this.#scorecard === undefined ? {} : { scorecard: this.#scorecard.report() }),
    };
  }

  #engines(which: ReplayEngine, parts: EngineParts): readonly MarketEngine[] {
    switch (which) {
      case 'streaming':
        return [streamingEngine(parts).engine];
      case 'batch':
        return [batchEngine(parts).engine];
      case 'both':
        return [streamingEngine(parts).engine, batchEngine(parts).engine];
      case 'legacy':
        this.#strategy = LEGACY;
        return [legacyEngine(parts).engine];
    }
  }

  #create({ strategy = createSniper, choice }: ReplayOptions): Strategy {
    const onFault = (evidence: string): number => this.#faults.push(evidence);
    const created =
      choice === undefined ? strategy() : createChosen(choice, { mayQuote: true, onFault });
    this.#strategy = created.name;
    return created;
  }

  #count({ type, reasons }: Verdict): void {
    const code = `${type} ${reasons[0]?.code ?? 'without reason'}`;
    const key = this.#looks.has(code) || this.#looks.size < CODES_MAX ? code : `${type} other`;
    this.#looks.set(key, (this.#looks.get(key) ?? 0) + 1);
  }

  #endTurn(): void {
    this.#inbox.flush(this.#turn);
    this.#comparison?.turn(this.#turn);
    if (this.#turn - this.#comparedAt >= COMPARE_MS) this.#compare(this.#turn);
  }

  #compare(now: UnixMs): void {
    if (this.#comparison === undefined) return;
    this.#comparedAt = now;
    this.#compared += 1;
    this.#comparison.all(now);
  }

  #differences(): Pick<ReplayReport, 'compared' | 'divergent' | 'divergences'> {
    if (this.#comparison === undefined) return {};
    const { count, divergences } = this.#comparison;
    return { compared: this.#compared, divergent: count, divergences };
  }
}
