/** What a query of the chain's state can be answered with. */
import type { CheckResult } from '../exchange-types.js';
import { moduleRefusal } from './check-results.js';

/** Takes the request's protobuf; gives the response's, or why there is none. */
export type QueryHandler = (data: Uint8Array) => Uint8Array | CheckResult;

export const notFound = (reason: string): CheckResult =>
  moduleRefusal('sdk', 22, `rpc error: code = NotFound desc = ${reason}`);

export const NOT_FOUND: CheckResult = notFound('not found: key not found');

export const invalidRequest = (reason: string): CheckResult =>
  moduleRefusal('sdk', 18, `rpc error: code = InvalidArgument desc = ${reason}: invalid request`);
