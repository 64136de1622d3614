/**
 * Queries of the chain's state by path, as a node's application answers them. Only the newest state
 * is kept.
 */
import { SimulateRequest, SimulateResponse } from 'cosmjs-types/cosmos/tx/v1beta1/service.js';
import { AuthInfo, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import type { CheckResult, Exchange } from '../exchange-types.js';
import { accountQueries, type AccountSource } from './account-queries.codec.js';
import { moduleRefusal, PASSED } from './check-results.js';
import { marketQueries } from './market-queries.codec.js';
import type { Mempool } from './mempool.codec.js';
import { invalidRequest, type QueryHandler } from './query-answers.js';

export interface AbciQuery {
  readonly path: string;
  readonly data: Uint8Array;
  /** 0: the newest. */
  readonly height: number;
}

export class AbciQueries {
  readonly #exchange: Exchange;
  readonly #handlers: ReadonlyMap<string, QueryHandler>;

  constructor(source: AccountSource) {
    this.#exchange = source.state.exchange;
    this.#handlers = new Map<string, QueryHandler>([
      ...accountQueries(source),
      ...marketQueries(this.#exchange),
      ['/cosmos.tx.v1beta1.Service/Simulate', (data) => simulate(source.mempool, data)],
    ]);
  }

  answer({ path, data, height }: AbciQuery): object {
    const newest = this.#exchange.height;
    const handler = this.#handlers.get(path);
    if (handler === undefined) {
      return this.#response(
        moduleRefusal('sdk', 6, `unknown query path: ${path}: unknown request`),
      );
    }
    if (height !== 0 && height !== newest) {
      const log = `failed to load state at height ${height}; latest height: ${newest}`;
      return this.#response(moduleRefusal('sdk', 18, `${log}: invalid request`));
    }
    const answer = attempt(handler, data);
    return answer instanceof Uint8Array ? this.#response(PASSED, answer) : this.#response(answer);
  }

  #response({ code, codespace, log }: CheckResult, value?: Uint8Array): object {
    return {
      code,
      log,
      info: '',
      index: '0',
      key: null,
      value: value === undefined ? null : Buffer.from(value).toString('base64'),
      proofOps: null,
      height: String(this.#exchange.height),
      codespace,
    };
  }
}

/** A request that is no protobuf is answered as such. */
function attempt(handler: QueryHandler, data: Uint8Array): Uint8Array | CheckResult {
  try {
    return handler(data);
  } catch (error) {
    return invalidRequest(error instanceof Error ? error.message : String(error));
  }
}

/** By the bytes of a transaction or, as older clients ask, by its parts. */
function simulate(mempool: Mempool, data: Uint8Array): Uint8Array | CheckResult {
  const { tx, txBytes } = SimulateRequest.decode(data);
  if (tx === undefined && txBytes.length === 0)
    return invalidRequest('empty txBytes is not allowed');
  const raw = {
    bodyBytes: TxBody.encode(TxBody.fromPartial(tx?.body ?? {})).finish(),
    authInfoBytes: AuthInfo.encode(AuthInfo.fromPartial(tx?.authInfo ?? {})).finish(),
    signatures: tx?.signatures ?? [],
  };
  const bytes = txBytes.length > 0 ? txBytes : TxRaw.encode(TxRaw.fromPartial(raw)).finish();
  const simulation = mempool.simulate(bytes);
  if ('refusal' in simulation) {
    const { log } = simulation.refusal;
    return moduleRefusal('sdk', 18, `rpc error: code = Unknown desc = ${log}: invalid request`);
  }
  const gasInfo = { gasWanted: 0n, gasUsed: simulation.gasUsed };
  return SimulateResponse.encode(SimulateResponse.fromPartial({ gasInfo })).finish();
}
