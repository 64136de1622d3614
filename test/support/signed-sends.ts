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
import { orderFlags } from '../../src/dydx/order-id.codec.js';
import type { CancelRequest, OrderRequest } from '../../src/model/order.js';
import type { HttpPort } from '../../src/ports/http.js';
import type { SendAnswer, VenuePort } from '../../src/ports/venue.js';
import type { CancelOrder, PlaceOrder, VenueOrderId } from '../../src/simulator/order-terms.js';
import { USDC_DENOM } from '../../src/simulator/validator/coins.js';
import {
  cancelMessage,
  FEE,
  placeMessage,
  sendMessage,
  Wallet,
  type Message,
} from './sign-transaction.js';
import { ACCOUNT } from './exchange-ground.js';
import { type VirtualService } from './virtual-service.js';

const TIMES_IN_FORCE = { ioc: 'IOC', gtt: 'GTT', postOnly: 'POST_ONLY' } as const;
const DEADLINE_MS = 2_000;

export class SignedSends implements Pick<VenuePort, 'place' | 'cancel'> {
  readonly wallet = new Wallet(Buffer.from(keyFromSeed(7), 'hex'));
  /** As clients cache it: read once, counted up by each of our own that needs one. */
  sequence = 0n;
  /** How late the node's answers are. */
  answerMs = 0;
  /** Answers about orders, as the service heard them. */
  readonly answers: SendAnswer[] = [];
  readonly #service: VirtualService;
  readonly #http: HttpPort;

  constructor(service: VirtualService, http: HttpPort) {
    this.#service = service;
    this.#http = http;
  }

  readonly place = (request: OrderRequest): Observable<SendAnswer> =>
    this.#send('place', request, () => {
      const { stateful } = request;
      const order: PlaceOrder = {
        id: this.#idOf(request),
        side: request.side === 'buy' ? 'BUY' : 'SELL',
        quantums: request.size,
        subticks: request.price,
        goodTilBlock: stateful === undefined ? request.goodTilBlock : 0,
        goodTilBlockTime: (stateful?.goodTilTime ?? 0) / 1000,
        timeInForce: TIMES_IN_FORCE[request.timeInForce],
        reduceOnly: request.reduceOnly,
        clientMetadata: 0,
      };
      return placeMessage(order);
    });

  readonly cancel = (request: CancelRequest): Observable<SendAnswer> =>
    this.#send('cancel', request, () => {
      const { stateful, goodTilBlock } = request;
      const cancel: CancelOrder = {
        id: this.#idOf(request),
        goodTilBlock: stateful === undefined ? goodTilBlock : 0,
        goodTilBlockTime: (stateful?.goodTilTime ?? 0) / 1000,
      };
      return cancelMessage(cancel);
    });

  /** A payment by the same key that the service knows nothing of: it uses up the sequence. */
  payOutside(): Observable<SendAnswer> {
    const { address } = this.wallet;
    this.#service.host.submit({ type: 'fundWallet', address, denom: 'usdc', amount: 1_000_000n });
    const payment = sendMessage(address, address, { denom: USDC_DENOM, amount: '1' });
    return this.#broadcast('place', payment, this.sequence, FEE);
  }

  #idOf({ clientId, market, stateful }: OrderRequest | CancelRequest): VenueOrderId {
    const clobPairId = this.#service.root.pipeline.fold.spec(market)?.venueNumber ?? 0;
    return { subaccount: ACCOUNT, clientId, orderFlags: orderFlags(stateful), clobPairId };
  }

  #send(
    broadcast: Broadcast,
    request: OrderRequest | CancelRequest,
    write: () => Message,
  ): Observable<SendAnswer> {
    return defer(() => {
      const needsSequence = request.stateful !== undefined;
      return this.#broadcast(broadcast, write(), needsSequence ? this.sequence : 0n).pipe(
        tap((answer) => {
          if (!isClaim(request.clientId)) this.answers.push(answer);
          if (needsSequence && answer.type === 'accepted') this.sequence += 1n;
        }),
      );
    });
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
