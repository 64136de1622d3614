/**
 * One WebSocket client of the node: the same methods as over HTTP, and subscriptions to blocks and
 * transactions. Events carry the id of the request that subscribed.
 */
import type { ArchivedBlock, BlockArchive } from './block-archive.codec.js';
import {
  appHash,
  blockObject,
  eventMapOf,
  headerObject,
  resultObject,
  resultObjects,
} from './block-objects.codec.js';
import { parseEventQuery, type EventMap, type EventQuery } from './event-query.js';
import {
  answerText,
  internalError,
  PARSE_ERROR,
  readRequests,
  RpcParams,
  type RpcAnswer,
  type RpcId,
  type RpcRequest,
} from './rpc-protocol.js';
import type { ValidatorRpc } from './validator-rpc.codec.js';

const SUBSCRIPTIONS_MAX = 5;

interface Subscription {
  readonly id: RpcId;
  readonly matches: EventQuery;
}

interface ChainEvent {
  readonly type: 'NewBlock' | 'NewBlockHeader' | 'Tx';
  readonly value: object;
  readonly events: EventMap;
}

export interface ValidatorSessionOptions {
  readonly chainId: string;
  readonly rpc: ValidatorRpc;
  readonly archive: BlockArchive;
  readonly write: (frame: string) => void;
}

export class ValidatorSession {
  readonly #options: ValidatorSessionOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stopListening: () => void;

  constructor(options: ValidatorSessionOptions) {
    this.#options = options;
    this.#stopListening = options.archive.listen((block) => this.#publish(block));
  }

  /** `answer` takes the answer's text, at once or later; events go to the session's `write`. */
  receive(text: string, answer: (text: string) => void = this.#options.write): void {
    const [request, ...others] = readRequests(text) ?? [];
    if (request === undefined || others.length > 0) {
      answer(answerText(-1, PARSE_ERROR));
      return;
    }
    const { id } = request;
    if (id === undefined) return;
    const reply = (answered: RpcAnswer): void => answer(answerText(id, answered));
    const own = this.#subscribing(request, id);
    if (own === undefined) this.#options.rpc.dispatch(request, reply);
    else reply(own);
  }

  /** The client has gone: nothing more is written. */
  close(): void {
    this.#stopListening();
    this.#subscriptions.clear();
  }

  #subscribing({ method, params }: RpcRequest, id: RpcId): RpcAnswer | undefined {
    const query = new RpcParams(params, ['query']).text('query');
    switch (method) {
      case 'subscribe':
        return this.#subscribe(query, id);
      case 'unsubscribe':
        return this.#subscriptions.delete(query)
          ? { result: {} }
          : internalError('subscription not found');
      case 'unsubscribe_all':
        if (this.#subscriptions.size === 0) return internalError('subscription not found');
        this.#subscriptions.clear();
        return { result: {} };
      default:
        return undefined;
    }
  }

  #subscribe(query: string, id: RpcId): RpcAnswer {
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      return internalError(`max_subscriptions_per_client ${SUBSCRIPTIONS_MAX} reached`);
    }
    const matches = parseEventQuery(query);
    if (matches === undefined) return internalError(`failed to parse query: ${query}`);
    if (this.#subscriptions.has(query)) return internalError('already subscribed');
    this.#subscriptions.set(query, { id, matches });
    return { result: {} };
  }

  #publish(block: ArchivedBlock): void {
    if (this.#subscriptions.size === 0) return;
    for (const event of this.#eventsOf(block)) {
      for (const [query, { id, matches }] of this.#subscriptions) {
        if (matches(event.events)) this.#options.write(eventText(id, query, event));
      }
    }
  }

  /** In CometBFT's order: the block, its header, then its transactions. */
  #eventsOf(block: ArchivedBlock): readonly ChainEvent[] {
    const { chainId, archive } = this.#options;
    const { block: contents, block_id } = blockObject(chainId, archive, block);
    const result_finalize_block = {
      events: [],
      tx_results: resultObjects(block),
      validator_updates: [],
      consensus_param_updates: null,
      app_hash: Buffer.from(appHash(block), 'hex').toString('base64'),
    };
    const named = (type: ChainEvent['type']): EventMap => new Map([['tm.event', [type]]]);
    return [
      {
        type: 'NewBlock',
        value: { block: contents, block_id, result_finalize_block },
        events: named('NewBlock'),
      },
      {
        type: 'NewBlockHeader',
        value: { header: headerObject(chainId, block) },
        events: named('NewBlockHeader'),
      },
      ...block.transactions.map((executed): ChainEvent => {
        const { height, index, bytes } = executed;
        const tx = Buffer.from(bytes).toString('base64');
        const TxResult = { height: String(height), index, tx, result: resultObject(executed) };
        return { type: 'Tx', value: { TxResult }, events: eventMapOf(executed) };
      }),
    ];
  }
}

const eventText = (id: RpcId, query: string, { type, value, events }: ChainEvent): string =>
  answerText(id, {
    result: {
      query,
      data: { type: `tendermint/event/${type}`, value },
      events: Object.fromEntries(events),
    },
  });
