/** An exchange with faults in virtual time, spoken to over the in-memory ports. */
import { firstValueFrom } from 'rxjs';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import type { HttpAnswer } from '../../../src/ports/http.js';
import type { SocketSignal } from '../../../src/ports/socket.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import { ExchangeHost } from '../../../src/simulator/exchange-host.venue.js';
import { readFaultPlan } from '../../../src/simulator/faults/fault-plan.js';
import { connectInMemory } from '../../../src/simulator/memory-host.venue.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { PROMPT } from '../../support/prompt-habits.js';
import { placeMessage, Wallet } from '../../support/sign-transaction.js';

const START = Date.parse('2026-01-05T09:00:00Z');
const DEADLINE_MS = 3000;

export type Frame = Readonly<Record<string, unknown>>;

export class FaultyExchange {
  readonly clock = new SimulatedClock(START);
  readonly host: ExchangeHost;
  readonly ports: ReturnType<typeof connectInMemory>;
  readonly wallet = new Wallet('faults');
  #clientId = 0;

  /** Without traders unless told otherwise: blocks are all that happens. */
  constructor(faults: object = {}, { faultSeed = 1, isCopied = false, hasTraders = false } = {}) {
    const reading = readFaultPlan(faults);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const options = {
      ...marketsOf(2),
      seed: 7,
      startTimeMs: START,
      startHeight: 1000,
      takerFeePpm: 500,
      makerFeePpm: 100,
      preset: 'calm' as const,
    };
    const { clock } = this;
    this.host = new ExchangeHost({
      exchange: createExchange(options),
      indexerCopy: isCopied ? createExchange(options) : undefined,
      clock,
      random: seededRandom(7),
      habits: PROMPT,
      flowMs: hasTraders ? 50 : 86_400_000,
      faults: reading.plan,
      faultRandom: seededRandom(faultSeed),
    });
    this.ports = connectInMemory({ host: this.host, clock });
    const subaccount = { owner: this.wallet.address, number: 0 };
    this.host.submit({ type: 'fund', subaccount, quoteQuantums: 10_000_000_000n });
    this.host.start();
  }

  get struck(): Readonly<Record<string, number>> {
    return this.host.dice.struck;
  }

  change(faults: object): void {
    const problems = this.host.dice.change(faults);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
  }

  /** A socket that is subscribed to the block heights, and what it has heard. */
  open() {
    const socket = this.ports.sockets.socket('ws://memory/v4/ws');
    const signals: SocketSignal[] = [];
    socket.signals$.subscribe((signal) => signals.push(signal));
    socket.send('{"type":"subscribe","channel":"v4_block_height"}');
    const frames = (): Frame[] =>
      signals.flatMap((signal) =>
        signal.type === 'frame' ? [JSON.parse(new TextDecoder().decode(signal.data)) as Frame] : [],
      );
    const heights = () =>
      frames()
        .filter(({ type }) => type === 'channel_data')
        .map(({ contents }) => Number((contents as { blockHeight: string }).blockHeight));
    const closed = () => signals.find(({ type }) => type === 'closed');
    return { socket, signals, frames, heights, closed };
  }

  /** The answer, or the code of the failure, and how long it took. */
  async send(
    method: 'GET' | 'POST',
    path: string,
    body?: string,
  ): Promise<{ readonly answer: HttpAnswer | string; readonly ms: number }> {
    const url = `http://memory${path}`;
    const request = {
      method,
      url,
      deadlineMs: DEADLINE_MS,
      ...(body === undefined ? {} : { body }),
    };
    const began = this.clock.now();
    let ms = 0;
    const answered = firstValueFrom(this.ports.http.send(request)).then(
      (answer) => {
        ms = this.clock.now() - began;
        return answer;
      },
      (error: { code: string }) => {
        ms = this.clock.now() - began;
        return error.code;
      },
    );
    for (let step = 0; step < DEADLINE_MS; step += 100) await this.clock.advance(100);
    return { answer: await answered, ms };
  }

  /** Broadcasts a small immediate buy that finds a match. */
  async buy() {
    this.#clientId += 1;
    const { exchange } = this.host;
    await this.clock.advance(1000);
    const best = exchange.book(0, 1).asks[0]?.subticks ?? 0n;
    const order = {
      id: {
        subaccount: { owner: this.wallet.address, number: 0 },
        clientId: this.#clientId,
        orderFlags: 0,
        clobPairId: 0,
      },
      side: 'BUY',
      quantums: 10_000_000n,
      subticks: best + 1_000n * 100_000n,
      goodTilBlock: exchange.height + 15,
      goodTilBlockTime: 0,
      timeInForce: 'IOC',
      reduceOnly: false,
      clientMetadata: 0,
    } as const;
    const bytes = this.wallet.sign([placeMessage(order)], {
      chainId: 'localdydxprotocol',
      accountNumber: exchange.accountNumber(this.wallet.address) ?? -1,
    });
    const params = { tx: Buffer.from(bytes).toString('base64') };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'broadcast_tx_sync', params });
    return { order, ...(await this.send('POST', '/', body)) };
  }

  position(): bigint {
    const view = this.host.exchange.subaccount({ owner: this.wallet.address, number: 0 });
    return view?.positions[0]?.quantums ?? 0n;
  }
}
