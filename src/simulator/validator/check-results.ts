/** Answers of CheckTx and of execution, with the SDK's texts: what went wrong, then its class. */
import type { CheckResult } from '../exchange-types.js';

export const PASSED: CheckResult = { code: 0, codespace: '', log: '' };

/** The SDK's errors that a transaction can meet; the text ends every log line of that code. */
const SDK_ERRORS = {
  2: 'tx parse error',
  4: 'unauthorized',
  5: 'insufficient funds',
  7: 'invalid address',
  8: 'invalid pubkey',
  9: 'unknown address',
  10: 'invalid coins',
  11: 'out of gas',
  12: 'memo too large',
  13: 'insufficient fee',
  15: 'no signatures supplied',
  18: 'invalid request',
  30: 'tx timeout height',
  31: 'unknown extension options',
  32: 'incorrect account sequence',
  41: 'invalid gas limit',
} as const;

export type SdkCode = keyof typeof SDK_ERRORS;

export const sdkRefusal = (code: SdkCode, reason: string): CheckResult => ({
  code,
  codespace: 'sdk',
  log: `${reason}: ${SDK_ERRORS[code]}`,
});

/** A module's own refusal, such as `clob` 48. */
export const moduleRefusal = (codespace: string, code: number, log: string): CheckResult => ({
  code,
  codespace,
  log,
});

/** An error without a code of its own: the chain hides its text. */
export const UNDEFINED_ERROR: CheckResult = {
  code: 1,
  codespace: 'undefined',
  log: 'internal error',
};
