/**
 * Orders of the virtual service as signed transactions over the node's RPC, through the faults of
 * broadcasts and the house's own reading of codes: what the signing thread does, without its
 * thread.
 */
import { isClaim } from '../../src/execution/client-ids.js';
import { catchError, defer, delay, map, of, tap, type Observable } from 'rxjs';
import { answerOfFault } from '../../src/dydx/broadcast-faults.js';
import { answerOfCode, type Broadcast } from '../../src/dydx/check-tx-codes.js';
import { keyFromSeed } from '../../src/dydx/keys.codec.js';
import { refusal, type Circumstances } from '../../src/dydx/signer-limits.js';
import {
  batchCancelMessage as batchToSign,
  cancelMessage as cancelToSign,
  needsSequence,
  placeMessage as placeToSign,
  type CancelMessage,
  type PlaceMessage,
  type SendMessage,
} from '../../src/dydx/signer-messages.js';
import { nextNonce } from '../../src/dydx/timestamp-nonce.js';
import { notionalExponent, type MarketSpec } from '../../src/model/market.js';
import type { CancelRequest, OrderRequest } from '../../src/model/order.js';
import { blockHeight, usd, type UnixMs } from '../../src/model/quantities.js';
import type { HttpPort } from '../../src/ports/http.js';
import type { SendAnswer, VenuePort } from '../../src/ports/venue.js';
import type { CancelOrder, PlaceOrder, VenueOrderId } from '../../src/simulator/order-terms.js';
import { USDC_DENOM } from '../../src/simulator/validator/coins.js';
import {
  batchCancelMessage,
  cancelMessage,
  FEE,
  placeMessage,
  sendMessage,
  Wallet,
  type Message,
} from './sign-transaction.js';
import { ACCOUNT } from './exchange-ground.js';
import { type VirtualService } from './virtual-service.js';

const TIMES_IN_FORCE = ['GTT', 'IOC', 'POST_ONLY'] as const;
const DEADLINE_MS = 2_000;
const LIMITS = {
  markets: 'all',
  subaccountNumbers: [ACCOUNT.number],
  orderNotionalMax: usd(10n ** 12n),
  goodTilBlocksMax: 40,
  goodTilSecondsMax: 86_400,
} as const;

export class SignedSends implements Pick<VenuePort, 'place' | 'cancel' | 'batchCancel'> {
  readonly wallet = new Wallet(Buffer.from(keyFromSeed(7), 'hex'));
  /** Of the newest message that needed one. */
  nonce = 0;
  /** How late the node's answers are. */
  answerMs = 0;
  /** Answers about orders, as the service heard them. */
  readonly answers: SendAnswer[] = [];
  /** Orders that were canceled together, message by message. */
  readonly batches: (readonly CancelRequest[])[] = [];
  readonly #service: VirtualService;
  readonly #http: HttpPort;

  constructor(service: VirtualService, http: HttpPort) {
    this.#service = service;
    this.#http = http;
  }

  readonly place = (request: OrderRequest, expiresAt: UnixMs): Observable<SendAnswer> =>
    this.#send(
      'place',
      (spec) => {
        const { number: subaccountNumber } = ACCOUNT;
        const order = placeToSign(request, spec, { expiresAt, subaccountNumber });
        if (!order.ok) throw new Error(order.error.message);
        return { toSign: order.value, message: placeMessage(wireOrder(order.value)) };
      },
      request,
    );

  readonly cancel = (request: CancelRequest): Observable<SendAnswer> =>
    this.#send(
      'cancel',
      (spec) => {
        const toSign = cancelToSign(request, spec, ACCOUNT.number);
        return { toSign, message: cancelMessage({ id: idOf(toSign), ...endOf(toSign) }) };
      },
      request,
    );

  /** Of one market. */
  readonly batchCancel = (requests: readonly CancelRequest[]): Observable<SendAnswer> =>
    defer(() => {
      const [first] = requests;
      if (first === undefined) throw new Error('nothing to cancel');
      this.batches.push(requests);
      return this.#send(
        'cancel',
        (spec) => {
          const clientIds = requests.map(({ clientId }) => clientId);
          const goodTilBlock = blockHeight(Math.max(...requests.map((one) => one.goodTilBlock)));
          const toSign = batchToSign(
            { cancels: [{ spec, clientIds }], goodTilBlock },
            ACCOUNT.number,
          );
          const { cancels: batches } = toSign;
          const message = batchCancelMessage({ subaccount: ACCOUNT, batches, goodTilBlock });
          return { toSign, message };
        },
        first,
      );
    });

  /** A payment by the same key that the service knows nothing of: it uses up the sequence. */
  payOutside(sequence = 0n): Observable<SendAnswer> {
    const { address } = this.wallet;
    this.#service.host.submit({ type: 'fundWallet', address, denom: 'usdc', amount: 1_000_000n });
    const payment = sendMessage(address, address, { denom: USDC_DENOM, amount: '1' });
    return this.#broadcast('place', payment, sequence, FEE);
  }

  #send(
    broadcast: Broadcast,
    write: (spec: MarketSpec) => Written,
    { market, clientId }: Pick<OrderRequest, 'market' | 'clientId'>,
  ): Observable<SendAnswer> {
    return defer(() => {
      const spec = this.#service.root.pipeline.fold.spec(market);
      if (spec === undefined) throw new Error(`nothing is known of ${market}`);
      const { toSign, message } = write(spec);
      this.nonce = nextNonce(this.nonce, this.#service.clock.now());
      const reason = refusal(toSign, LIMITS, this.#around(spec));
      const answer$ =
        reason === undefined
          ? this.#broadcast(broadcast, message, needsSequence(toSign) ? BigInt(this.nonce) : 0n)
          : of<SendAnswer>({ type: 'unsent', reason });
      return answer$.pipe(
        tap((answer) => {
          if (!isClaim(clientId)) this.answers.push(answer);
        }),
      );
    });
  }

  #around(spec: MarketSpec): Circumstances {
    const { clock, host } = this.#service;
    const market = { ticker: spec.market, notionalExponent: notionalExponent(spec) };
    const markets = new Map([[spec.venueNumber, market]]);
    const { height } = host.exchange;
    return { now: clock.now(), height, heightAt: clock.now(), markets, nonce: this.nonce };
  }

  #broadcast(
    broadcast: Broadcast,
    message: Message,
    sequence: bigint,
    fee?: typeof FEE,
  ): Observable<SendAnswer> {
    const { clock, host } = this.#service;
    const accountNumber = host.exchange.accountNumber(ACCOUNT.owner) ?? -1;
    const bytes = this.wallet.sign([message], {
      chainId: 'localdydxprotocol',
      accountNumber,
      sequence,
      memo: String(clock.now()),
      ...(fee === undefined ? {} : { fee }),
    });
    const params = { tx: Buffer.from(bytes).toString('base64') };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'broadcast_tx_sync', params });
    const url = 'http://memory/';
    return this.#http.send({ method: 'POST', url, body, deadlineMs: DEADLINE_MS }).pipe(
      map((answer) => readAnswer(broadcast, answer.body, clock.now())),
      catchError((error: unknown) => of(answerOfFault(broadcast, error))),
      map((answer): SendAnswer => {
        const broadcastAt = clock.now();
        return answer.type === 'accepted' ? { txHash: '', broadcastAt, ...answer } : answer;
      }),
      delay(this.answerMs, clock.scheduler),
    );
  }
}

interface Written {
  readonly toSign: SendMessage;
  readonly message: Message;
}

const idOf = ({
  clientId,
  orderFlags,
  clobPairId,
}: PlaceMessage | CancelMessage): VenueOrderId => ({
  subaccount: ACCOUNT,
  clientId,
  orderFlags,
  clobPairId,
});

const endOf = (
  message: PlaceMessage | CancelMessage,
): Pick<CancelOrder, 'goodTilBlock' | 'goodTilBlockTime'> =>
  message.orderFlags === 0
    ? { goodTilBlock: message.goodTilBlock, goodTilBlockTime: 0 }
    : { goodTilBlock: 0, goodTilBlockTime: message.goodTilBlockTime };

/** What the thread would encode with the client library. */
function wireOrder(order: PlaceMessage): PlaceOrder {
  const { side, quantums, subticks, timeInForce, reduceOnly } = order;
  return {
    id: idOf(order),
    side: side === 1 ? 'BUY' : 'SELL',
    quantums: BigInt(quantums),
    subticks: BigInt(subticks),
    ...endOf(order),
    timeInForce: TIMES_IN_FORCE[timeInForce],
    reduceOnly,
    clientMetadata: 0,
    ...(order.orderFlags === 32
      ? {
          condition: {
            type: order.conditionType === 1 ? 'STOP_LOSS' : 'TAKE_PROFIT',
            triggerSubticks: BigInt(order.triggerSubticks),
          },
        }
      : {}),
  };
}

interface RpcAnswer {
  readonly result?: {
    readonly code: number;
    readonly codespace: string;
    readonly log: string;
    readonly hash: string;
  };
  readonly error?: { readonly data: string };
}

function readAnswer(broadcast: Broadcast, body: string, now: number) {
  const { result, error } = JSON.parse(body) as RpcAnswer;
  if (result === undefined) return answerOfFault(broadcast, new Error(error?.data));
  const answer = result.code === 0 ? undefined : answerOfCode(broadcast, result);
  return answer ?? ({ type: 'accepted', txHash: result.hash, broadcastAt: now } as SendAnswer);
}
