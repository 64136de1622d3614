/** `perpetua devnet`: the simulated exchange as a process of its own. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { RealClock, wallNow } from '../clock/real.clock.js';
import { seededRandom } from '../clock/seeded-random.js';
import { startDevnet, type Devnet, type DevnetStats } from '../simulator/devnet.server.js';
import { createExchange } from '../simulator/chain/exchange.js';
import { DEFAULT_HABITS, NO_HABITS } from '../simulator/indexer/indexer-habits.js';
import type { ExchangeOptions } from '../simulator/exchange-options.js';
import { marketsOf } from '../simulator/real-markets.js';
import { faultPlanOf, type FaultFlags } from './devnet-faults.js';
import { marketsOfRecording, playRecording } from './devnet-recording.js';
import { EXIT, type Terminal } from './terminal.js';

export interface DevnetFlags extends FaultFlags {
  readonly port: number;
  readonly seed: number;
  readonly markets: number;
  /** Without one: busy, or none with a recording. */
  readonly preset?: ExchangeOptions['preset'];
  /** Path of a recording that drives the books. */
  readonly from?: string;
  readonly faultSeed?: number;
  readonly controlPort?: number;
  /** Mean time between blocks. */
  readonly blockMs?: number;
  readonly habits: 'off' | 'real';
  readonly for?: number;
  readonly json?: boolean;
  readonly child?: boolean;
}

const TAKER_FEE_PPM = 500;
const MAKER_FEE_PPM = 100;
const START_HEIGHT = 1_000;
const LONGEST_TURN_MS = 100;
/** How the indexer keeps its clients waiting and errs: never, or as the real one does. */
const HABITS = { off: NO_HABITS, real: DEFAULT_HABITS } as const;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export async function runDevnet(flags: DevnetFlags, terminal: Terminal): Promise<number> {
  const faults = faultPlanOf(flags);
  const { seed, faultSeed = seed, port, controlPort, blockMs, habits, from: path } = flags;
  const options = await exchangeOptions(flags);
  const exchange = createExchange(options);
  const canLag = controlPort !== undefined || faults['indexer.lagBlocks'] > 0;
  const indexerCopy = canLag ? createExchange(options) : undefined;
  const clock = patientClock();
  const devnet = await startDevnet({
    port,
    controlPort,
    blockMs,
    clock,
    random: seededRandom(seed).fork('devnet'),
    exchange,
    indexerCopy,
    habits: HABITS[habits],
    faults,
    faultRandom: seededRandom(faultSeed).fork('faults'),
  });
  const figures = new Figures(() => wallNow());
  const play =
    path === undefined
      ? undefined
      : playRecording({ path, markets: options.markets, clock, submit: devnet.submit });
  try {
    // Whoever reads the announcement may send a signal at once.
    const ended = untilTheEnd(flags, play?.ended);
    announce(devnet, flags, terminal);
    await ended;
    if (flags.json === true)
      terminal.out(JSON.stringify(figures.of(devnet.stats(), exchange.hash())));
  } finally {
    play?.stop();
    await devnet.close();
    clock.stop();
  }
  return EXIT.ok;
}

/**
 * A clock that falls behind rather than catch up in one go: on a machine that is too slow, clients
 * still get their answers between the traders' turns.
 */
function patientClock(): RealClock {
  const clock: RealClock = new RealClock(() => {
    clock.advanceTo(Math.min(wallNow(), clock.now() + LONGEST_TURN_MS));
  });
  return clock;
}

async function exchangeOptions(flags: DevnetFlags): Promise<ExchangeOptions> {
  const { seed, markets, from, preset = from === undefined ? 'busy' : 'none' } = flags;
  return {
    ...(from === undefined ? marketsOf(markets) : await marketsOfRecording(from)),
    seed,
    startTimeMs: Math.floor(wallNow()),
    startHeight: START_HEIGHT,
    takerFeePpm: TAKER_FEE_PPM,
    makerFeePpm: MAKER_FEE_PPM,
    preset,
  };
}

function announce(devnet: Devnet, flags: DevnetFlags, terminal: Terminal): void {
  const { port, controlPort, urls } = devnet;
  if (flags.child === true) terminal.out(JSON.stringify({ port, controlPort }));
  else {
    terminal.err(`indexer   ${urls.rest}/v4   ${urls.socket}`);
    terminal.err(`validator ${urls.rpc}   faucet POST ${urls.rest}/faucet/tokens`);
    if (controlPort !== undefined) terminal.err(`control   http://127.0.0.1:${controlPort}/faults`);
  }
}

/**
 * A signal, the given time or the end of the recording; for a child, the end of the parent's pipe
 * and nothing else: a signal that reaches the whole group must not take the exchange away before
 * the service has drained.
 */
async function untilTheEnd(
  { for: forMs, child: isChild = false }: DevnetFlags,
  played?: Promise<void>,
): Promise<void> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    played?.then(resolve, reject);
  });
  const onSignal = isChild ? (): void => undefined : end;
  const timer = forMs === undefined ? undefined : setTimeout(end, forMs);
  if (isChild) process.stdin.once('close', end).resume();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await ended;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** What the run has cost and carried, from its making on. */
class Figures {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #cpuAtStart = process.cpuUsage();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
    this.#loopDelay.enable();
  }

  of(stats: DevnetStats, hash: string): object {
    const elapsed = (this.#now() - this.#startedAt) / 1000;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    const cpu = (user + system) / 1e6;
    return {
      seconds: rounded(elapsed),
      ...stats,
      bookUpdatesPerSecond: rounded(stats.bookUpdates / elapsed),
      framesPerSecond: rounded(stats.frames / elapsed),
      hash,
      rssMb: rounded(process.memoryUsage().rss / 1e6),
      cpuSeconds: rounded(cpu),
      cpuPercent: rounded((100 * cpu) / elapsed),
      eventLoopDelayP99Ms: rounded(this.#loopDelay.percentile(99) / 1e6),
    };
  }
}

/** To one decimal. */
const rounded = (value: number): number => Math.round(value * 10) / 10;
