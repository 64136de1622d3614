/**
 * The parts over real sockets, with the sender and each reader in processes of their own: what our
 * whole way from the socket to the decision costs beyond that of a `ws` client that does nothing.
 */
import { median, quantile } from './bench-rounds.js';
import { judged, milliseconds, percent, times, told, type Row } from './bench-table.js';
import {
  Helper,
  type ReaderOrder,
  type ReaderPlan,
  type ReaderReport,
  type SenderOrder,
  type SenderReport,
  type Stamps,
  type StormPlan,
  type Usage,
} from './bench-wire.js';

type Mode = ReaderPlan['mode'];
type Sender = Helper<SenderOrder, SenderReport>;
type Reader = Helper<ReaderOrder, ReaderReport>;

const MODES: readonly Mode[] = ['empty', 'ours'];
const ROUNDS = 3;
const SEED = 7;
const AGAINST_EMPTY = 0.55;
/** Looks are taken by the clock: their code is compiled when some seconds have passed. */
const BLAST_WARM = 1_200_000;
const BLAST_FRAMES = 800_000;
const TICK_RATE = 20_000;
const TICK_SECONDS = 12;
/** The first seconds compile the code and do not count. */
const WARM_SECONDS = 4;
const P99_OVER_EMPTY = 1.5;
const P999_OVER_EMPTY = 2;
const P99_MS = 1;
const PACED_RATE = 2_000;
const PACED_SECONDS = 10;
/** At a tenth of the frames the code takes longer to be compiled. */
const PACED_WARM_SECONDS = 20;
const PACED_CPU = 0.1;

interface Stage {
  readonly sender: Sender;
  readonly run: <T>(
    plan: Partial<ReaderPlan> & { readonly mode: Mode },
    work: Work<T>,
  ) => Promise<T>;
}
type Work<T> = (reader: Reader) => Promise<T>;

async function onStage<T>(storm: StormPlan, act: (stage: Stage) => Promise<T>): Promise<T> {
  const sender: Sender = new Helper('sender-child', storm);
  try {
    const { port } = await sender.hear('listening');
    const never = { measureFrom: 0, measureTo: 0, keepsStamps: false };
    return await act({
      sender,
      run: async (plan, work) => {
        const reader: Reader = new Helper('reader-child', { ...storm, ...never, ...plan, port });
        try {
          await reader.hear('ready');
          return await work(reader);
        } finally {
          await reader.end();
        }
      },
    });
  } finally {
    await sender.end();
  }
}

/** Each mode in turn, round by round. */
async function rounds<T>(stage: Stage, measure: (stage: Stage, mode: Mode) => Promise<T>) {
  const results: Record<Mode, T[]> = { empty: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const mode of MODES) results[mode].push(await measure(stage, mode));
  }
  return results;
}

function blast({ sender, run }: Stage, mode: Mode): Promise<Usage> {
  const measure = { measureFrom: BLAST_WARM, measureTo: BLAST_WARM + BLAST_FRAMES };
  return run({ mode, ...measure }, async (reader) => {
    // A few more: the last ones may wait for the next write.
    sender.order({ type: 'blast', frames: BLAST_WARM + BLAST_FRAMES + 1 });
    const measured = await reader.hear('measured');
    await sender.hear('sent');
    return measured;
  });
}

const perFrameNs = ({ cpuMs, frames }: Usage): number => (cpuMs * 1e6) / frames;
const rateOf = ({ frames, wallMs }: Usage): number => frames / wallMs;
const ratios = (over: readonly number[], under: readonly number[]): number =>
  median(over.map((value, round) => value / (under[round] ?? NaN)));

export async function socketsPart(): Promise<readonly Row[]> {
  const storm = { seed: SEED, markets: 200, framesPerSecond: 5_000, frames: 200_000 };
  const { empty, ours } = await onStage(storm, (stage) => rounds(stage, blast));
  const costs = [empty, ours].map((usages) => usages.map(perFrameNs));
  const rates = [empty, ours].map((usages) => usages.map(rateOf));
  const [emptyCosts = [], ourCosts = []] = costs;
  const [emptyRates = [], ourRates = []] = rates;
  const seen = `${median(emptyCosts).toFixed(0)} / ${median(ourCosts).toFixed(0)} ns/frame`;
  const rate = ratios(ourRates, emptyRates);
  const clocked = `${median(ourRates).toFixed(0)} / ${median(emptyRates).toFixed(0)} frames/ms`;
  return [
    judged(
      'over sockets, frames/s of processor time against an empty ws',
      ratios(emptyCosts, ourCosts),
      {
        atLeast: AGAINST_EMPTY,
        show: times,
        note: seen,
      },
    ),
    told('  the same by the clock', rate, `${times(rate)} (${clocked})`),
  ];
}

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

function latenciesOf(sent: Stamps, dealt: Stamps): Latencies {
  const found: number[] = [];
  const first = Math.min(...sent.flatMap((stamps) => stamps.find((at) => at > 0) ?? []));
  sent.forEach((stamps, connection) => {
    stamps.forEach((at, id) => {
      const end = dealt[connection]?.[id] ?? 0;
      if (at >= first + WARM_SECONDS * 1_000 && end > 0) found.push(end - at);
    });
  });
  const sorted = Float64Array.from(found).sort();
  if (sorted.length < (TICK_RATE * (TICK_SECONDS - WARM_SECONDS)) / 2) {
    throw new Error(`only ${sorted.length} ticks were seen at both ends`);
  }
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
  };
}

function ticks({ sender, run }: Stage, mode: Mode): Promise<Latencies> {
  return run({ mode, keepsStamps: true }, async (reader) => {
    sender.order({ type: 'pace', framesPerSecond: TICK_RATE, seconds: TICK_SECONDS });
    const { at } = await sender.hear('sent');
    reader.order({ type: 'stamps' });
    const dealt = await reader.hear('stamps');
    return latenciesOf(at, dealt.at);
  });
}

/** From the sender's write to the end of the turn in which every decision due has been taken. */
export async function latencyPart(): Promise<readonly Row[]> {
  const storm = { seed: SEED, markets: 250, framesPerSecond: TICK_RATE, frames: 200_000 };
  const { empty, ours } = await onStage(storm, (stage) => rounds(stage, ticks));
  const of = (name: keyof Latencies) =>
    [ours, empty].map((found) => found.map((latencies) => latencies[name]));
  const over = (name: keyof Latencies, atMost: number): Row => {
    const [mine = [], theirs = []] = of(name);
    const note = `${milliseconds(median(mine))} / ${milliseconds(median(theirs))}`;
    const figure = `tick → decision at 20,000 frames/s, ${name} over an empty ws`;
    return judged(figure, ratios(mine, theirs), { atMost, show: times, note });
  };
  const [mine = [], theirs = []] = of('p50');
  const p99 = median(of('p99')[0] ?? []);
  const half = `${milliseconds(median(mine))} / ${milliseconds(median(theirs))}`;
  return [
    over('p99', P99_OVER_EMPTY),
    over('p999', P999_OVER_EMPTY),
    judged('  p99 by itself, on a quiet machine', p99, { atMost: P99_MS, show: milliseconds }),
    told('  p50', median(mine), half),
  ];
}

function paced({ sender, run }: Stage, mode: Mode): Promise<Usage> {
  return run({ mode }, async (reader) => {
    const seconds = PACED_WARM_SECONDS + PACED_SECONDS;
    sender.order({ type: 'pace', framesPerSecond: PACED_RATE, seconds });
    await new Promise((resolve) => {
      setTimeout(resolve, PACED_WARM_SECONDS * 1_000);
    });
    reader.order({ type: 'mark' });
    await reader.hear('marked');
    await sender.hear('sent');
    reader.order({ type: 'mark' });
    return reader.hear('marked');
  });
}

export async function pacedPart(): Promise<readonly Row[]> {
  const storm = { seed: SEED, markets: 250, framesPerSecond: PACED_RATE, frames: 70_000 };
  const [ours, empty] = await onStage(storm, async (stage) => {
    const mine = await paced(stage, 'ours');
    return [mine, await paced(stage, 'empty')] as const;
  });
  const [mine, theirs] = [ours, empty].map(({ cpuMs, wallMs }) => cpuMs / wallMs);
  return [
    judged('processor at 2,000 frames/s over sockets, of a core', mine ?? NaN, {
      atMost: PACED_CPU,
      show: percent,
      note: `an empty ws ${percent(theirs ?? NaN)}`,
    }),
  ];
}
