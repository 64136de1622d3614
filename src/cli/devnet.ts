/** `perpetua devnet`: the simulated exchange as a process of its own. */
import { RealClock } from '../clock/real.clock.js';
import { seededRandom } from '../clock/seeded-random.js';
import { startDevnet, type Devnet } from '../simulator/devnet.server.js';
import { createExchange } from '../simulator/chain/exchange.js';
import type { ExchangeOptions } from '../simulator/exchange-options.js';
import { marketsOf } from '../simulator/real-markets.js';
import { EXIT, type Terminal } from './terminal.js';

export interface DevnetFlags {
  readonly port: number;
  readonly seed: number;
  readonly markets: number;
  readonly preset: ExchangeOptions['preset'];
  readonly for?: number;
  readonly json?: boolean;
  readonly child?: boolean;
}

const TAKER_FEE_PPM = 500;
const MAKER_FEE_PPM = 100;
const START_HEIGHT = 1_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export async function runDevnet(flags: DevnetFlags, terminal: Terminal): Promise<number> {
  const clock = new RealClock();
  const startedAt = clock.now();
  const exchange = createExchange({
    ...marketsOf(flags.markets),
    seed: flags.seed,
    startTimeMs: Math.floor(startedAt),
    startHeight: START_HEIGHT,
    takerFeePpm: TAKER_FEE_PPM,
    makerFeePpm: MAKER_FEE_PPM,
    preset: flags.preset,
  });
  const random = seededRandom(flags.seed).fork('devnet');
  const devnet = await startDevnet({ port: flags.port, clock, random, exchange });
  // Whoever reads the announcement may send a signal at once.
  const ended = untilTheEnd(flags);
  announce(devnet, flags, terminal);
  await ended;
  if (flags.json === true) {
    const seconds = Math.round((clock.now() - startedAt) / 100) / 10;
    terminal.out(JSON.stringify({ seconds, ...devnet.stats(), hash: exchange.hash(), ...usage() }));
  }
  await devnet.close();
  clock.stop();
  return EXIT.ok;
}

function announce(devnet: Devnet, flags: DevnetFlags, terminal: Terminal): void {
  const { port, urls } = devnet;
  if (flags.child === true) terminal.out(JSON.stringify({ port }));
  else {
    terminal.err(`indexer  ${urls.rest}/v4   ${urls.socket}`);
    terminal.err(`validator ${urls.rpc}   faucet POST ${urls.rest}/faucet/tokens`);
  }
}

/**
 * A signal or the given time; for a child, the end of the parent's pipe and nothing else: a signal
 * that reaches the whole group must not take the exchange away before the service has drained.
 */
async function untilTheEnd({ for: forMs, child: isChild = false }: DevnetFlags): Promise<void> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const onSignal = isChild ? (): void => undefined : end;
  const timer = forMs === undefined ? undefined : setTimeout(end, forMs);
  if (isChild) process.stdin.once('close', end).resume();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  await ended;
  clearTimeout(timer);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function usage(): { readonly rssMb: number; readonly cpuSeconds: number } {
  const { user, system } = process.cpuUsage();
  return {
    rssMb: Math.round(process.memoryUsage().rss / 1e5) / 10,
    cpuSeconds: Math.round((user + system) / 1e4) / 100,
  };
}
