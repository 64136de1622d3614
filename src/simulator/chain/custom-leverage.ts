/** An owner asks for less leverage than the market allows: a greater initial margin fraction. */
import { refuse } from './validate-basic.js';
import type { Clearing } from './clearing.js';
import type { CheckResult } from '../exchange-types.js';
import type { Delivery, MoneyMessage } from './money-module.js';

type UpdateLeverage = Extract<MoneyMessage, { readonly type: 'updateLeverage' }>;

const refuseLeverage = (code: number, log: string): CheckResult => ({
  code,
  codespace: 'subaccounts',
  log,
});

/** What the account holds must already meet the new fractions. */
export function customLeverage(
  clearing: Clearing,
  { subaccount, entries }: UpdateLeverage,
  delivery: Delivery,
): CheckResult | undefined {
  const account = clearing.open(subaccount);
  const leverage = new Map(account.leverage);
  for (const { clobPairId, customImfPpm } of entries) {
    const market = clearing.margins.find(clobPairId)?.market;
    if (market === undefined) return refuse(8, `clobPairId: no clob pair ${clobPairId}`);
    if (customImfPpm < market.initialMarginPpm) {
      const least = market.initialMarginPpm;
      return refuseLeverage(701, `${customImfPpm} < ${least}: leverage exceeds maximum allowed`);
    }
    leverage.set(clobPairId, customImfPpm);
  }
  const { equity, initialMargin } = clearing.risk({ ...account, leverage });
  if (equity < initialMargin) {
    return refuseLeverage(
      703,
      `${equity} < ${initialMargin}: leverage violates margin requirements`,
    );
  }
  const before = account.leverage;
  delivery.revert(() => {
    account.leverage = before;
  });
  account.leverage = leverage;
  return undefined;
}
