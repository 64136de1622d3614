/**
 * Kills the virtual service at a step that a seed chooses, again and again, while the exchange and the
 * journal live on; each time the next process must find the books of the exchange.
 */
import { seededRandom } from '../../src/clock/seeded-random.js';
import type { Random } from '../../src/ports/random.js';
import type { CrashOutcome } from './crash-table.js';
import { ACCOUNT } from './exchange-ground.js';
import { VirtualService, type SendFault } from './virtual-service.js';

export interface CrashRun {
  readonly seed: number;
  /** Kills. */
  readonly points: number;
  /** Goes on trading, without further kills, until the exchange has seen so many. */
  readonly orders?: number;
}

export interface CrashRunResult {
  readonly outcomes: readonly CrashOutcome[];
  /** Orders that reached the exchange. */
  readonly orders: number;
  readonly fills: number;
}

const MARKETS = ['BTC-USD', 'ETH-USD'] as const;
const STRATEGIES = [{ minConfidence: 1, maxHoldSeconds: 1, coolDownSeconds: 1 }];
const RISK = { maxOrdersPerMinute: 10_000, maxDailyLossUsd: 1_000_000 };
/** Few, so that many kills come around them. */
const CHECKPOINT_ROWS = 25;
const LOOK_MS = 10;
/** A step that does not come by then is not waited for: then any step of an order will do, or any at all. */
const PATIENCE_MS = 5_000;
/** Without orders there are none of these. */
const ORDER_STEP = /order\.|cancel|fill|place|risk|command|checkpoint/;
/** Halts of the drill. */
const OWN_DOING = /^risk\.(latched .*"cause":"operator"|level .*"causes":\["operator"\])/;
const SETTLE_MS = 20_000;
const READY_MS_MAX = 20_000;
/** Of the kills, so many come before the process is ready again. */
const DURING_RECOVERY = 0.3;
const SENDS_GONE_WRONG = 0.15;
const HALTS = 0.04;
/** Of the kills in the midst of trading, so many at a step of an order or a command. */
const AT_ORDERS = 0.6;

export async function crashAgainAndAgain(run: CrashRun): Promise<CrashRunResult> {
  const crashes = new Crashes(run.seed);
  await crashes.begin();
  const outcomes: CrashOutcome[] = [];
  while (outcomes.length < run.points) outcomes.push(await crashes.once());
  await crashes.tradeUntil(run.orders ?? 0);
  const last = await crashes.end();
  return { outcomes: [...outcomes, ...last], ...crashes.counts };
}

class Crashes {
  readonly #service: VirtualService;
  readonly #random: Random;
  /** How often each step was aimed at: the next kill goes where few have gone. */
  readonly #aimed = new Map<string, number>();
  readonly #steps = { recovering: new Set<string>(), trading: new Set<string>() };
  #isTrading = false;
  #armed: ((name: string) => boolean) | undefined;
  #died: string | undefined;
  #troublesSeen = 0;
  /** An operator was told that all is halted, and has not asked to resume since. */
  #isHalted = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#service = new VirtualService({
      seed,
      preset: 'busy',
      checkpointRows: CHECKPOINT_ROWS,
      flags: { strategies: STRATEGIES, risk: RISK },
    });
    this.#service.onStep = (name) => {
      this.#steps[this.#isTrading ? 'trading' : 'recovering'].add(name);
      if (this.#died !== undefined || this.#armed?.(name) !== true) return;
      this.#died = name;
      this.#armed = undefined;
      this.#service.drop();
    };
  }

  get counts(): { readonly orders: number; readonly fills: number } {
    const { placed, host } = this.#service;
    return { orders: placed.length, fills: host.exchange.fills(ACCOUNT).length };
  }

  async begin(): Promise<void> {
    await this.#service.ready();
    this.#isTrading = true;
    await this.tradeUntil(6);
  }

  /** One kill, in the midst of trading or of the recovery from the one before, and what came of it. */
  async once(): Promise<CrashOutcome> {
    let point = await this.#killWhileTrading();
    if (this.#random.next() < DURING_RECOVERY) point = (await this.#killWhileRecovering()) ?? point;
    return this.#recover(point);
  }

  async tradeUntil(orders: number): Promise<void> {
    while (this.#service.placed.length < orders) await this.#trade();
  }

  /** Everything at rest: no order lives, and all books agree to the last cent. */
  async end(): Promise<readonly CrashOutcome[]> {
    const service = this.#service;
    const { core } = service.root;
    service.sendFault = 'none';
    const isFlat = (): boolean =>
      core.orders.live().length === 0 && MARKETS.every((market) => service.position(market) === 0n);
    await within(service, 60_000, isFlat);
    await service.clock.advance(SETTLE_MS);
    const troubles = isFlat() ? [] : [`not flat: ${core.orders.live().length} orders live`];
    const [ours, venue] = [core.usdc(), service.venueUsdc()];
    if (ours !== venue) troubles.push(`USDC: ours ${ours}, the exchange’s ${venue}`);
    const outcome = this.#outcome('the end', 0);
    return troubles.length === 0 && isClean(outcome)
      ? []
      : [{ ...outcome, troubles: [...outcome.troubles, ...troubles] }];
  }

  async #killWhileTrading(): Promise<string> {
    const isAtOrders = this.#random.next() < AT_ORDERS;
    const steps = [...this.#steps.trading].filter((name) => ORDER_STEP.test(name) === isAtOrders);
    const wanted = this.#rarest(steps);
    if (ORDER_STEP.test(wanted))
      await within(this.#service, READY_MS_MAX, () => this.#isScouting());
    let countdown = 1 + this.#random.integer(3);
    const patience = this.#service.clock.now() + PATIENCE_MS;
    const delayMs = isAtOrders ? this.#random.integer(800) : 0;
    const armedAt = this.#service.clock.now() + delayMs;
    this.#armed = (name) => {
      const now = this.#service.clock.now();
      if (now < armedAt) return false;
      if (now > patience) return ORDER_STEP.test(name) || now > patience + PATIENCE_MS;
      if (name === wanted) countdown -= 1;
      return countdown === 0;
    };
    while (this.#died === undefined) await this.#trade();
    return this.#buried();
  }

  /** Undefined when it was ready before. */
  async #killWhileRecovering(): Promise<string | undefined> {
    const wanted = this.#rarest([...this.#steps.recovering]);
    let countdown = 1 + this.#random.integer(2);
    this.#armed = (name) => {
      if (name === wanted) countdown -= 1;
      return countdown === 0;
    };
    const service = this.#service;
    service.renew();
    service.root.start();
    await within(service, READY_MS_MAX, () => this.#died !== undefined || this.#isReady());
    this.#armed = undefined;
    return this.#died === undefined ? undefined : this.#buried();
  }

  async #recover(point: string): Promise<CrashOutcome> {
    const service = this.#service;
    service.sendFault = 'none';
    service.renew();
    const startedAt = service.clock.now();
    service.root.start();
    await within(service, READY_MS_MAX, () => service.root.state === 'trading');
    const isForgotten = this.#isHalted && service.root.riskLevel !== 'halted';
    if (service.root.riskLevel === 'halted') this.#command('resume');
    await within(service, READY_MS_MAX, () => this.#isReady());
    this.#isTrading = true;
    const recoveryMs = service.clock.now() - startedAt;
    await within(service, SETTLE_MS, () => isClean(this.#outcome(point, recoveryMs)));
    const outcome = this.#outcome(point, recoveryMs);
    this.#troublesSeen = service.log.length;
    if (!isForgotten) return outcome;
    return { ...outcome, troubles: [...outcome.troubles, 'an acknowledged halt was forgotten'] };
  }

  /** A little time in which an order may be made, and some of them go wrong. */
  async #trade(): Promise<void> {
    const service = this.#service;
    const random = this.#random;
    const faults: readonly SendFault[] = ['reply-lost', 'request-lost', 'rejected'];
    service.sendFault =
      random.next() < SENDS_GONE_WRONG ? (faults[random.integer(2)] ?? 'none') : 'none';
    if (random.next() < HALTS) this.#command('halt');
    else if (service.root.riskLevel === 'halted') this.#command('resume');
    const market = MARKETS[random.integer(2)] ?? 'BTC-USD';
    const isBooked = service.root.pipeline.fold.view(market as never, service.clock.now())?.book
      .state;
    if (isBooked === 'live') service.decide(market, random.next() < 0.5 ? 'buy' : 'sell');
    const pauseMs = 20 + random.integer(400);
    for (let ms = 0; ms < pauseMs && this.#died === undefined; ms += LOOK_MS) {
      await service.clock.advance(LOOK_MS);
    }
  }

  #command(type: 'halt' | 'resume'): void {
    if (type === 'resume') this.#isHalted = false;
    this.#service.control
      .command({ type, by: 'ada', reason: 'a drill' })
      .subscribe(({ message }) => {
        // Of what is not on the disk the answer says so: that may be forgotten.
        this.#isHalted = type === 'halt' && !message.includes('not on the disk');
      });
  }

  #rarest(names: readonly string[]): string {
    const fewest = Math.min(...names.map((name) => this.#aimed.get(name) ?? 0));
    const rare = names.filter((name) => (this.#aimed.get(name) ?? 0) === fewest);
    const chosen = rare[this.#random.integer(rare.length)] ?? '';
    this.#aimed.set(chosen, fewest + 1);
    return chosen;
  }

  #buried(): string {
    const point = this.#died ?? 'nothing';
    this.#died = undefined;
    this.#isTrading = false;
    return point;
  }

  /** Its signals are warm: a decision is acted on. */
  #isScouting(): boolean {
    const state = this.#service.control.state().strategies[0]?.state ?? '';
    return /^(scouting|engaged)/.test(state);
  }

  #isReady(): boolean {
    return this.#service.root.state === 'trading' && this.#service.control.isReady().ready;
  }

  #outcome(point: string, recoveryMs: number): CrashOutcome {
    const service = this.#service;
    const fills = service.entries('fill').map(({ fill }) => fill);
    const intents = new Map(
      service.entries('order.intent').map(({ request }) => [request.orderId, request]),
    );
    const unknown = fills.filter(({ orderId }) => orderId === undefined || !intents.has(orderId));
    const total = service.host.exchange.fills(ACCOUNT).length;
    const distinct = new Set(fills.map(({ fillId }) => fillId)).size;
    const troubles = service.log
      .slice(this.#troublesSeen)
      .filter(({ level }) => level === 'error')
      .map(({ event, fields }) => `${event} ${JSON.stringify(fields)}`)
      .filter((words) => !OWN_DOING.test(words));
    if (!this.#isReady()) troubles.push(`not ready: ${service.root.state}`);
    return {
      point,
      lost: Math.max(0, total - distinct) + unknown.length,
      doubled: fills.length - distinct + Math.max(0, distinct - total),
      resent: resentOf(service),
      apart: MARKETS.filter((market) => service.position(market) !== service.venuePosition(market))
        .length,
      troubles,
      recoveryMs,
    };
  }
}

const isClean = ({ lost, doubled, resent, apart, troubles }: CrashOutcome): boolean =>
  lost + doubled + resent + apart + troubles.length === 0;

function resentOf({ placed }: VirtualService): number {
  const numbers = placed.map(({ clientId }) => clientId);
  const adding = placed.filter(({ reduceOnly }) => !reduceOnly).map(({ intentId }) => intentId);
  return numbers.length - new Set(numbers).size + (adding.length - new Set(adding).size);
}

/** Unlike `until`, does not fail: what did not come is told by the outcome. */
async function within(
  service: VirtualService,
  limitMs: number,
  isReached: () => boolean,
): Promise<void> {
  const end = service.clock.now() + limitMs;
  while (!isReached() && service.clock.now() < end) await service.clock.advance(LOOK_MS);
}
