/**
 * The world as it is: real time, sockets, HTTP, disk, the signing thread, and, on the embedded
 * network, the exchange as a child process. The key goes from its file to the signing thread and
 * nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filter, firstValueFrom, of } from 'rxjs';
import { RealClock, wallNow } from '../clock/real.clock.js';
import { seededRandom } from '../clock/seeded-random.js';
import type { Config } from '../config/config-schema.js';
import { ConfigError } from '../config/load-config.js';
import { undiciHttp, type HttpClient } from '../connection/undici-http.client.js';
import { wsSockets } from '../connection/ws-socket.client.js';
import { indexerReads } from '../dydx/indexer.client.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../dydx/keys.codec.js';
import { liveVenue } from '../dydx/live.venue.js';
import { embeddedNetwork, NETWORKS, type Network } from '../dydx/networks.js';
import { RestBudget } from '../dydx/rest-budget.js';
import { startSigner, type SignerOptions, type ValidatorSigner } from '../dydx/validator.client.js';
import type { AccountLock } from '../journal/account-lock.store.js';
import { openJournal, startJournalWorker, type JournalOptions } from '../journal/journal.store.js';
import { blockHeight, usd, type Usd } from '../model/quantities.js';
import { Failure, unwrap } from '../model/result.js';
import type { Journal } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Resources } from '../ports/resources.js';
import type { VenuePort } from '../ports/venue.js';
import { paperVenue } from '../simulator/paper.venue.js';
import { startEmbeddedExchange, type EmbeddedExchange } from './embedded-exchange.js';
import { Inbox } from './inbox.js';
import { beSoleTrader } from './sole-trader.js';
import type { Booted, Insight, World } from './world.js';

/** Nobody's address: what reads need where no account is watched. */
const NOBODY = 'dydx1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq';
/** Subscribes a second on one socket. */
const EMBEDDED_SUBSCRIBES = 10;
const PUBLIC_SUBSCRIBES = 2;
const PAPER_FEE_PPM = 500;
const FAUCET_DEADLINE_MS = 3_000;
const MICRO_USD = 1_000_000;
const TERMINAL = { retryable: false } as const;

/** How threads are started: they load built JavaScript only. By default those of this tree. */
export interface Threads {
  readonly journal?: JournalOptions['makeWorker'];
  readonly signer?: NonNullable<SignerOptions['startThread']>;
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
  readonly threads?: Threads | undefined;
}

export function realWorld(options: RealWorldOptions): World & { readonly folder: string } {
  const { config, log, meter, version, threads } = options;
  let knock = (): void => undefined;
  const clock = new RealClock(() => knock());
  const inbox = new Inbox({ clock, stamp: wallNow, atTurnEnd: (work) => setImmediate(work) });
  knock = () => inbox.tick();
  const keys = readKeys(options);
  const folder = folderOf(config);
  const ground = new RealGround(options, clock, keys.privateKey);
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
    sockets: wsSockets({}),
    subaccount:
      keys.address === undefined ? undefined : { address: keys.address, number: config.subaccount },
    subscribesPerSecond: config.network === 'embedded' ? EMBEDDED_SUBSCRIBES : PUBLIC_SUBSCRIBES,
    hearsAccount: keys.address !== undefined && config.mode !== 'paper',
    folder,
    boot: (insight) => ground.boot(insight, keys.address),
    openJournal: (identity) => {
      lock = beSoleTrader(config, identity);
      const name = `${identity.address}-${identity.subaccount}-${config.mode}.sqlite`;
      const makeWorker = threads?.journal ?? startJournalWorker;
      journal = openJournal({ path: join(folder, name), identity, makeWorker });
      return journal;
    },
    close: async () => {
      await ground.close();
      await closeStarted(journal);
      lock?.release();
      clock.stop();
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

interface Keys {
  readonly privateKey: string | undefined;
  readonly address: string | undefined;
}

/**
 * Embedded makes a key of its own from the seed; elsewhere a 0600 file holds it, if one is named.
 */
function readKeys({ config, secrets }: RealWorldOptions): Keys {
  const { keyFile, address } = config.account;
  const privateKey =
    keyFile !== undefined
      ? readKeyFile(keyFile)
      : config.network === 'embedded'
        ? keyFromSeed(config.seed)
        : undefined;
  if (privateKey === undefined) {
    if (config.mode === 'live') {
      throw settingError('account.keyFile', 'live trading needs a key file');
    }
    return {
      privateKey: undefined,
      address: address ?? (config.mode === 'paper' ? NOBODY : undefined),
    };
  }
  secrets.add(privateKey);
  const own = addressOfKey(unwrap(readPrivateKey(privateKey)));
  if (address !== undefined && address !== own) {
    throw settingError('account.address', `expected ${own}, which is the key's, was ${address}`);
  }
  return { privateKey, address: own };
}

function readKeyFile(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw settingError('account.keyFile', `${path} is readable by others: expected mode 0600`);
    }
    const text = readFileSync(path, 'utf8').trim();
    if (!readPrivateKey(text).ok) {
      throw settingError('account.keyFile', `${path} holds no private key in hex`);
    }
    return text;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw settingError('account.keyFile', (error as Error).message);
  }
}

const settingError = (path: string, message: string): ConfigError =>
  new ConfigError([{ place: 'settings', path, message }]);

/** A paper account and an embedded exchange live as long as their service: so does the journal. */
function folderOf({ journal, network, mode, endpoints }: Config): string {
  const isOurs = network === 'embedded' && endpoints.restUrl === undefined;
  const run = isOurs || mode === 'paper' ? [`run-${Math.floor(wallNow())}`] : [];
  const folder = join(journal.path, network, ...run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(join(journal.path, network), 0o700);
  return folder;
}

class RealGround {
  readonly #options: RealWorldOptions;
  readonly #clock: RealClock;
  readonly #privateKey: string | undefined;
  readonly #http: HttpClient = undiciHttp();
  readonly #budget = new RestBudget();
  #exchange: Promise<EmbeddedExchange> | undefined;
  #signer: ValidatorSigner | undefined;
  #isClosed = false;

  constructor(options: RealWorldOptions, clock: RealClock, privateKey: string | undefined) {
    this.#options = options;
    this.#clock = clock;
    this.#privateKey = privateKey;
  }

  async boot(insight: Insight, address: string | undefined): Promise<Booted> {
    const { config, log } = this.#options;
    const network = await this.#network();
    log.write('info', 'network', { network: network.name, rest: network.restUrl });
    const reads = indexerReads({
      network,
      http: this.#http,
      clock: this.#clock,
      subaccount: { address: address ?? NOBODY, number: config.subaccount },
      specOf: insight.specOf,
      budget: this.#budget,
    });
    const silent: VenuePort = { ...reads, place: () => of(NO_KEY), cancel: () => of(NO_KEY) };
    const { socketUrl } = network;
    if (config.mode === 'paper') return this.#paper(silent, insight, socketUrl);
    if (config.mode === 'shadow' || this.#privateKey === undefined)
      return { socketUrl, venue: silent };
    if (config.network === 'embedded') await this.#fund(network, address ?? NOBODY);
    const signer = await this.#sign(network);
    const venue = liveVenue({ signer, reads, specOf: insight.specOf });
    return { socketUrl, venue };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#signer?.close();
    await closeStarted(this.#exchange);
    await this.#http.close();
  }

  async #network(): Promise<Network> {
    const { config, program, onExchangeEnd } = this.#options;
    const { restUrl, socketUrl, rpcUrl } = config.endpoints;
    if (config.network === 'embedded' && restUrl === undefined) {
      const { embedded, seed } = config;
      this.#exchange = startEmbeddedExchange({ program, seed, ...embedded });
      const { ended, port } = await this.#exchange;
      void ended.then((how) => this.#isClosed || onExchangeEnd(how));
      return embeddedNetwork(port);
    }
    const known = config.network === 'embedded' ? embeddedNetwork(26657) : NETWORKS[config.network];
    return {
      ...known,
      restUrl: restUrl ?? known.restUrl,
      socketUrl: socketUrl ?? known.socketUrl,
      rpcUrls: rpcUrl === undefined ? known.rpcUrls : [rpcUrl],
    };
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

  /** What a new account on the embedded exchange lives from; an old one has its own. */
  async #fund(network: Network, address: string): Promise<void> {
    const { config } = this.#options;
    const origin = network.restUrl.replace(/\/v4$/, '');
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
  async #sign(network: Network): Promise<ValidatorSigner> {
    const { config, log, threads } = this.#options;
    if (this.#isClosed) throw new Failure('boot.closed', 'ended while booting', TERMINAL);
    const signer = await startSigner({
      network,
      privateKey: this.#privateKey ?? '',
      subaccountNumber: config.subaccount,
      clock: this.#clock,
      log,
      orderNotionalMax: usdOf(config.risk.maxOrderNotionalUsd),
      ...(threads?.signer === undefined ? {} : { startThread: threads.signer }),
    });
    this.#signer = signer;
    await firstValueFrom(signer.state$.pipe(filter((state) => state === 'ready')));
    return signer;
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
