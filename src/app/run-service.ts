/** `perpetua run`: the service from start to exit code, in the real world. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { DestinationStream } from 'pino';
import type { AnyActorRef } from 'xstate';
import { isOwnHost, isOwnOrigin } from '../admin/access.js';
import { startAdmin, type Admin } from '../admin/admin.server.js';
import { createMetrics, type Metrics } from '../admin/metrics.server.js';
import type { Config } from '../config/config-schema.js';
import { addInspector, type Hub } from '../inspector/inspection-hub.server.js';
import { inspectorPages } from '../inspector/inspector-pages.store.js';
import { formatSize, formatUsd } from '../model/market.js';
import type { Fault } from '../model/result.js';
import type { Log } from '../ports/log.js';
import { snapshots$ } from './actor-observables.js';
import { ControlProjection } from './control-projection.js';
import { pinoLog } from './pino-log.js';
import { makeTokens, realWorld, writeTokens, type Threads, type Tokens } from './real-world.js';
import { partFrom } from './parting.js';
import type { RunReport } from './run-report.js';
import { watchForBugs } from './bug-watch.js';
import { ServiceRoot } from './service-root.js';
import { choose, only } from './strategy-choice.js';
import { compareWithVenue } from './venue-comparison.js';

export interface RunOptions {
  readonly forMs: number | undefined;
  readonly json: boolean;
  readonly terminal: {
    readonly out: (line: string) => void;
    readonly err: (line: string) => void;
  };
  /** Where the log goes; standard error unless said otherwise. */
  readonly logTo?: DestinationStream;
  /** The built command line, for the exchange's process; ours unless said otherwise. */
  readonly program?: string;
  readonly threads?: Threads | undefined;
  /** Of the keystore, where no setting tells it. */
  readonly passphrase?: string | undefined;
  /** The file that keeps the frames; none unless it is named. */
  readonly record?: string | undefined;
}

const FAILED = 1;
const MISCONFIGURED = 78;
const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export async function runService(config: Config, options: RunOptions): Promise<number> {
  const { authored } = await choose(only(config.strategies));
  const secrets = new Set<string>();
  const log = pinoLog({ level: config.log.level, secrets, destination: options.logTo });
  const late: { metrics?: Metrics; root?: ServiceRoot; refusal?: Fault } = {};
  const world = realWorld({
    config,
    version: versionOf(),
    program: options.program ?? PROGRAM,
    threads: options.threads,
    passphrase: options.passphrase,
    record: options.record,
    onRefusal: (refusal) => {
      late.refusal = refusal;
    },
    log,
    secrets,
    meter: { observe: (hop, ms) => late.metrics?.observe(hop, ms) },
    onExchangeEnd: (how) =>
      world.inbox.enter('fact', 'exchange', () => {
        const reason = `the embedded exchange has ended: ${how}`;
        late.root?.hub.service$.next({ type: 'service.fault', reason });
      }),
  });
  const root = new ServiceRoot(world, { authored });
  const control = new ControlProjection(root);
  const metrics = createMetrics(control);
  late.metrics = metrics;
  late.root = root;
  const tokens = makeTokens(secrets);
  const opening = openDoor({ root, control, metrics, tokens, log });
  const { admin, hub } = await opening.catch(async (error: unknown) => {
    await world.close();
    throw error;
  });
  greet(config, admin, { tokens, folder: world.folder }, options);
  const usage = startUsage(root);
  const bugs = watchForBugs({ process, log, close: () => world.close() });
  // Whoever reads the first line of the log may send a signal at once.
  const ended = untilEnded(root, options.forMs);
  root.start();
  await ended;
  if (root.state === 'faulted') await partFrom(root.core.orders, root.world.clock);
  const report = reportOf(root, usage);
  const fault = faultOf(root);
  hub.close();
  await admin.close();
  await root.close();
  bugs.unsubscribe();
  usage.stop();
  if (fault !== undefined) options.terminal.err(`perpetua: ${fault}`);
  if (options.json) options.terminal.out(JSON.stringify(report));
  if (fault === undefined) return 0;
  return late.refusal === undefined ? FAILED : MISCONFIGURED;
}

/** Undefined only for a service that has traded and then ended as told: nothing else is success. */
function faultOf({ actor, state, hasTraded }: ServiceRoot): string | undefined {
  const { fault } = actor.getSnapshot().context;
  if (fault !== undefined) return fault;
  if (state !== 'stopped') return `the service ended while ${state}`;
  return hasTraded ? undefined : 'the service ended before it was ever ready to trade';
}

/** The package stands two folders above the sources, and three above the built tree. */
function versionOf(): string {
  const up = import.meta.url.endsWith('.ts') ? '../..' : '../../..';
  return (createRequire(import.meta.url)(`${up}/package.json`) as { version: string }).version;
}

async function openDoor(parts: {
  readonly root: ServiceRoot;
  readonly control: ControlProjection;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly log: Log;
}): Promise<{ readonly admin: Admin; readonly hub: Hub }> {
  const { root, control, metrics, tokens, log } = parts;
  const own = { ...root.world.config.admin };
  let hub: Hub | undefined;
  const admin = await startAdmin({
    ...own,
    control,
    metrics,
    log,
    tokens,
    extend: (app) => {
      hub = addInspector(app, {
        root: root.actor,
        clock: root.world.clock,
        isOwnHost: (host) => isOwnHost(host, own),
        isOwnOrigin: (origin) => isOwnOrigin(origin, own),
        pages: inspectorPages(),
      });
    },
  });
  own.port = admin.port;
  return { admin, hub: hub ?? { viewers: () => 0, close: () => undefined } };
}

/** Where everything is, once, on stderr; tokens only for the embedded exchange's play money. */
function greet(
  config: Config,
  { host, port }: Admin,
  { tokens, folder }: { readonly tokens: Tokens; readonly folder: string },
  { terminal, record }: RunOptions,
): void {
  const base = `http://${host}:${port}`;
  terminal.err(`Perpetua on ${config.network}, mode ${config.mode}`);
  terminal.err(`  API        ${base}/v1/state   docs ${base}/docs   metrics ${base}/metrics`);
  terminal.err(`  Inspector  ${base}/inspect   hosted viewer ${base}/inspect/stately`);
  terminal.err(`  Journal    ${folder}`);
  if (record !== undefined) terminal.err(`  Recording  ${record}`);
  if (config.network === 'embedded') {
    terminal.err(`  Tokens     read ${tokens.read}   trade ${tokens.trade}`);
  } else terminal.err(`  Tokens     ${writeTokens(folder, tokens)}`);
}

/**
 * A signal or the end of the given time drains. Resolves when the service has stopped or faulted.
 */
function untilEnded(root: ServiceRoot, forMs: number | undefined): Promise<void> {
  const { inbox } = root.world;
  const drain = (): void =>
    inbox.enter('fact', 'signal', () => root.hub.service$.next({ type: 'service.drain' }));
  const timer = forMs === undefined ? undefined : setTimeout(drain, forMs);
  for (const signal of SIGNALS) process.once(signal, drain);
  return new Promise<void>((resolve) => {
    snapshots$<AnyActorRef>(root.actor).subscribe({
      next: () => {
        if (root.state === 'faulted') resolve();
      },
      complete: () => resolve(),
    });
  }).then(() => {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, drain);
  });
}

interface Usage {
  readonly startedAt: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly peakRss: () => number;
  readonly stop: () => void;
}

function startUsage(root: ServiceRoot): Usage {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 1_000);
  return {
    startedAt: root.world.clock.now(),
    cpu: process.cpuUsage(),
    peakRss: () => Math.max(peak, process.memoryUsage.rss()),
    stop: () => clearInterval(look),
  };
}

function reportOf(root: ServiceRoot, usage: Usage): RunReport {
  const { core, decided, pipeline, world } = root;
  const elapsedMs = world.clock.now() - usage.startedAt;
  const { user, system } = process.cpuUsage(usage.cpu);
  const usdc = core.usdc();
  const pnl = core.money.pnl();
  return {
    network: world.config.network,
    mode: world.config.mode,
    seconds: Math.round(elapsedMs / 100) / 10,
    state: root.state,
    frames: pipeline.counts,
    decisions: { ...decided, denied: core.denials.count },
    orders: core.orders.counts(),
    fills: core.books.booked,
    positions: core.books.positions
      .positions()
      .filter(({ size }) => size !== 0n)
      .flatMap(({ market, size }) => {
        const spec = pipeline.fold.spec(market);
        return spec === undefined ? [] : [{ market, size: formatSize(spec, size) }];
      }),
    pnlUsd: pnl === undefined ? null : formatUsd(pnl),
    usdc: usdc === undefined ? null : formatUsd(usdc),
    venue: compareWithVenue(root),
    latencyMs: core.latency.figures(),
    rssMb: Math.round(usage.peakRss() / 1e5) / 10,
    cpuPct: Math.round(((user + system) / Math.max(1, elapsedMs)) * 10) / 100,
  };
}
