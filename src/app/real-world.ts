/**
 * The world as it is: real time, sockets, HTTP, disk, the signing thread, and, on the embedded
 * network, the exchange as a child process. The key goes from its file to the signing thread and
 * nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defer, filter, firstValueFrom, map, of, retry, Subject, takeUntil, timer } from 'rxjs';
import { RealClock, wallNow } from '../clock/real.clock.js';
import { seededRandom } from '../clock/seeded-random.js';
import type { Config } from '../config/config-schema.js';
import { undiciHttp, type HttpClient } from '../connection/undici-http.client.js';
import { wsSockets } from '../connection/ws-socket.client.js';
import { indexerReads } from '../dydx/indexer.client.js';
import { liveVenue } from '../dydx/live.venue.js';
import { embeddedNetwork, NETWORKS, type Network } from '../dydx/networks.js';
import { RestBudget } from '../dydx/rest-budget.js';
import { startSigner, type ValidatorSigner } from '../dydx/validator.client.js';
import type { StartThread } from '../dydx/signing-thread.client.js';
import type { AccountLock } from '../journal/account-lock.store.js';
import { openJournal, startJournalWorker, type JournalOptions } from '../journal/journal.store.js';
import { blockHeight, usd, type Usd } from '../model/quantities.js';
import { Failure, type Fault } from '../model/result.js';
import type { Journal } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Resources } from '../ports/resources.js';
import type { VenuePort } from '../ports/venue.js';
import { paperVenue } from '../simulator/paper.venue.js';
import { startEmbeddedExchange, type EmbeddedExchange } from './embedded-exchange.js';
import { addressParts, endpointsOf, withAddresses } from './endpoints.js';
import type { Endpoints } from './endpoints.js';
import { failoverSockets } from './failover-sockets.js';
import { Inbox } from './inbox.js';
import { refuseTwice } from './preflight.js';
import { NOBODY, readIdentity, type SigningKey } from './signing-key.js';
import { beSoleTrader } from './sole-trader.js';
import { recordRun } from './run-recording.js';
import type { Booted, Insight, World } from './world.js';

/** Subscribes a second on one socket. */
const EMBEDDED_SUBSCRIBES = 50;
const PUBLIC_SUBSCRIBES = 2;
const PAPER_FEE_PPM = 500;
const FAUCET_DEADLINE_MS = 3_000;
const RETRY_MS_MAX = 10_000;
const MICRO_USD = 1_000_000;
const TERMINAL = { retryable: false } as const;
/** Longest good-til-block that the signing thread signs, in blocks above the chain. */
const GOOD_TIL_BLOCKS_MAX = 20;
/** Of an order on chain, which outlives the process: longest time to its end. */
const GOOD_TIL_SECONDS_MAX = 86_400;

/** How threads are started: they load built JavaScript only. By default those of this tree. */
export interface Threads {
  readonly journal?: JournalOptions['makeWorker'];
  readonly signer?: StartThread;
}

export interface RealWorldOptions {
  readonly config: Config;
  readonly version: string;
  /** The built command line, for the exchange's process. */
  readonly program: string;
  readonly log: Log;
  readonly meter: Meter;
  readonly secrets: Set<string>;
  readonly onExchangeEnd: (how: string) => void;
  /** The key was not let sign: that is a matter of the settings. */
  readonly onRefusal?: (refusal: Fault) => void;
  /** Of the keystore, where no setting tells it. */
  readonly passphrase?: string | undefined;
  readonly threads?: Threads | undefined;
  /** The file that keeps the frames; none unless it is named. */
  readonly record?: string | undefined;
}

export function realWorld(options: RealWorldOptions): World & { readonly folder: string } {
  const { config, log, meter, version, threads, record } = options;
  let knock = (): void => undefined;
  const clock = new RealClock(() => knock());
  const inbox = new Inbox({ clock, stamp: wallNow, atTurnEnd: (work) => setImmediate(work) });
  knock = () => inbox.tick();
  const { address, key } = readIdentity(options);
  for (const part of addressParts(config.endpoints)) options.secrets.add(part);
  refuseTwice(config);
  const folder = folderOf(config);
  const recording = record === undefined ? undefined : recordRun(record, log);
  const ground = new RealGround(options, clock, key);
  const sockets = wsSockets({});
  let journal: Promise<Journal> | undefined;
  let lock: AccountLock | undefined;
  return {
    config,
    version,
    clock,
    inbox,
    random: seededRandom(config.seed),
    claimChance: randomBytes(2).readUInt16BE(),
    log,
    meter,
    resources: processResources,
    sockets: failoverSockets({ sockets, pool: () => ground.endpoints?.socket, now: wallNow }),
    subaccount: address === undefined ? undefined : { address, number: config.subaccount },
    endpoints: () => ground.endpoints?.states(wallNow()) ?? [],
    restUsage: () => ground.budget.usage(clock.now()),
    subscribesPerSecond: config.network === 'embedded' ? EMBEDDED_SUBSCRIBES : PUBLIC_SUBSCRIBES,
    hearsAccount: address !== undefined && config.mode !== 'paper',
    folder,
    boot: (insight) => ground.boot(insight, address),
    openJournal: (identity) => {
      lock = beSoleTrader(config, identity);
      const name = `${identity.address}-${identity.subaccount}-${config.mode}.sqlite`;
      const makeWorker = threads?.journal ?? startJournalWorker;
      journal = openJournal({ path: join(folder, name), identity, makeWorker });
      return journal;
    },
    recording,
    close: async () => {
      await recording?.close();
      await ground.close();
      await closeStarted(journal);
      lock?.release();
      clock.stop();
      removeIfEmpty(folder);
    },
  };
}

const processResources: Resources = {
  workMs: () => performance.now(),
  memoryMb: () => process.memoryUsage.rss() / 1e6,
};

/** What is still starting when the end comes is awaited first, or it would outlive us. */
async function closeStarted(starting: Promise<{ close(): Promise<void> }> | undefined) {
  const started = await starting?.catch(() => undefined);
  await started?.close();
}

/** A paper account and an embedded exchange live as long as their service: so does the journal. */
function folderOf({ journal, network, mode, endpoints }: Config): string {
  const isOurs = network === 'embedded' && !isElsewhere(endpoints);
  const run = isOurs || mode === 'paper' ? [`run-${Math.floor(wallNow())}`] : [];
  const folder = join(journal.path, network, ...run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(join(journal.path, network), 0o700);
  return folder;
}

/** What has ended before it had anything to write leaves no folder behind. */
function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

const isElsewhere = ({ restUrl, restUrls }: Config['endpoints']): boolean =>
  restUrl !== undefined || restUrls !== undefined;

class RealGround {
  readonly #options: RealWorldOptions;
  readonly #clock: RealClock;
  readonly #key: SigningKey | undefined;
  readonly #http: HttpClient = undiciHttp();
  readonly budget = new RestBudget();
  #exchange: Promise<EmbeddedExchange> | undefined;
  #signer: ValidatorSigner | undefined;
  #isClosed = false;
  readonly #closed$ = new Subject<void>();
  /** Once the network is known. */
  endpoints: Endpoints | undefined;

  constructor(options: RealWorldOptions, clock: RealClock, key: SigningKey | undefined) {
    this.#options = options;
    this.#clock = clock;
    this.#key = key;
  }

  async boot(insight: Insight, address: string | undefined): Promise<Booted> {
    const { config, log } = this.#options;
    const network = await this.#network();
    const { scheduler } = this.#clock;
    const endpoints = endpointsOf({ network, http: this.#http, scheduler, now: wallNow });
    this.endpoints = endpoints;
    log.write('info', 'network', { network: network.name, endpoints: endpoints.origins() });
    const reads = indexerReads({
      network,
      http: this.#http,
      clock: this.#clock,
      pools: endpoints,
      now: wallNow,
      subaccount: { address: address ?? NOBODY, number: config.subaccount },
      specOf: insight.specOf,
      budget: this.budget,
    });
    const refuse = () => of(NO_KEY);
    const silent: VenuePort = { ...reads, place: refuse, cancel: refuse, batchCancel: refuse };
    const [socketUrl = ''] = network.socketUrls;
    if (config.mode === 'paper') return this.#paper(silent, insight, socketUrl);
    if (config.mode === 'shadow' || this.#key === undefined) return { socketUrl, venue: silent };
    if (config.network === 'embedded') await this.#fund(network, address ?? NOBODY);
    const signer = await this.#sign(this.#key, network, endpoints);
    const venue = liveVenue({ signer, reads, specOf: insight.specOf });
    const signerFaults$ = signer.state$.pipe(
      filter((state) => state === 'refused'),
      map(() => signer.refusal?.message ?? 'refused'),
    );
    return { socketUrl, venue, signerFaults$ };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed$.next();
    this.endpoints?.close();
    await this.#signer?.close();
    await closeStarted(this.#exchange);
    await this.#http.close();
  }

  async #network(): Promise<Network> {
    const { config, program, onExchangeEnd } = this.#options;
    if (config.network === 'embedded' && !isElsewhere(config.endpoints)) {
      const { embedded, seed } = config;
      this.#exchange = startEmbeddedExchange({ program, seed, ...embedded });
      const { ended, port } = await this.#exchange;
      void ended.then((how) => this.#isClosed || onExchangeEnd(how));
      return embeddedNetwork(port);
    }
    const known = config.network === 'embedded' ? embeddedNetwork(26657) : NETWORKS[config.network];
    return withAddresses(known, config.endpoints);
  }

  #paper(real: VenuePort, insight: Insight, socketUrl: string): Booted {
    const venue = paperVenue({
      real,
      view: insight.view,
      height: () => insight.height() ?? blockHeight(0),
      scheduler: this.#clock.scheduler,
      usdc: usdOf(this.#options.config.embedded.fundUsd),
      takerFeePpm: PAPER_FEE_PPM,
    });
    return { socketUrl, venue, account$: venue.account$ };
  }

  /** Asked for ever, with the failures in the log, unless the faucet says no. */
  async #fund(network: Network, address: string): Promise<void> {
    const delay = (error: unknown, count: number) => {
      if (!(error instanceof Failure) || !error.retryable) throw error;
      const retryMs = Math.min(RETRY_MS_MAX, 500 * 2 ** count);
      const words = { what: 'faucet', reason: error.message, retryMs };
      this.#options.log.write('error', 'venue.unreachable', words);
      return timer(retryMs, this.#clock.scheduler);
    };
    const funded$ = defer(() => this.#fundAnywhere(network, address)).pipe(retry({ delay }));
    await firstValueFrom(funded$.pipe(takeUntil(this.#closed$)), { defaultValue: undefined });
  }

  /** What a new account on the embedded exchange lives from; an old one has its own. */
  async #fundAnywhere({ restUrls }: Network, address: string): Promise<void> {
    for (const [index, url] of restUrls.entries()) {
      try {
        return await this.#fundAt(url.replace(/\/v4$/, ''), address);
      } catch (error) {
        if (index === restUrls.length - 1) throw error;
      }
    }
  }

  async #fundAt(origin: string, address: string): Promise<void> {
    const { config } = this.#options;
    const path = `/v4/addresses/${address}/subaccountNumber/${config.subaccount}`;
    const asked = { method: 'GET', url: origin + path, deadlineMs: FAUCET_DEADLINE_MS } as const;
    const { status } = await firstValueFrom(this.#http.send(asked));
    if (status === 200) return;
    const amount = Math.floor(config.embedded.fundUsd);
    const body = JSON.stringify({ address, subaccountNumber: config.subaccount, amount });
    const url = `${origin}/faucet/tokens`;
    const funding = { method: 'POST', url, body, deadlineMs: FAUCET_DEADLINE_MS } as const;
    const answer = await firstValueFrom(this.#http.send(funding));
    if (answer.status === 200) return;
    throw new Failure('embedded.faucet', `the faucet said ${answer.status}`, TERMINAL);
  }

  /** Waits until a node has told the account's number: for ever, with the failures in the log. */
  async #sign(key: SigningKey, network: Network, nodes: Endpoints): Promise<ValidatorSigner> {
    const { config, log, onRefusal, threads } = this.#options;
    if (this.#isClosed) throw new Failure('boot.closed', 'ended while booting', TERMINAL);
    const signer = startSigner({
      network,
      key: key.source,
      account: key.account,
      limits: {
        markets: config.markets.includes('all') ? 'all' : config.markets,
        subaccountNumbers: [config.subaccount],
        orderNotionalMax: usdOf(config.risk.maxOrderNotionalUsd),
        goodTilBlocksMax: GOOD_TIL_BLOCKS_MAX,
        goodTilSecondsMax: GOOD_TIL_SECONDS_MAX,
      },
      clock: this.#clock,
      log,
      nodes: nodes.rpc,
      now: wallNow,
      ...(threads?.signer === undefined ? {} : { startThread: threads.signer }),
    });
    this.#signer = signer;
    const isReady = await firstValueFrom(
      signer.state$.pipe(
        filter((state) => state === 'ready' || state === 'refused'),
        map((state) => state === 'ready'),
      ),
    );
    if (isReady || signer.refusal === undefined) return signer;
    onRefusal?.(signer.refusal);
    throw new Failure(signer.refusal.code, signer.refusal.message, TERMINAL);
  }
}

const NO_KEY = { type: 'unsent', reason: 'this mode has no key' } as const;
const usdOf = (dollars: number): Usd => usd(BigInt(Math.floor(dollars * MICRO_USD)));

export interface Tokens {
  readonly read: string;
  readonly trade: string;
}

/** 192 bits of chance each; never stored but in the 0600 file of a real network. */
export function makeTokens(secrets: Set<string>): Tokens {
  const tokens = {
    read: randomBytes(24).toString('base64url'),
    trade: randomBytes(24).toString('base64url'),
  };
  secrets.add(tokens.read).add(tokens.trade);
  return tokens;
}

/** Writes the tokens beside the journal, for the owner alone. Returns the path. */
export function writeTokens(folder: string, tokens: Tokens): string {
  const path = join(folder, 'tokens.json');
  writeFileSync(path, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}
