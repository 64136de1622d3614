/** Pre-trade checks of what is true now: permission, freshness, and numbers that can be sent. */
import { deny, type Check } from './risk-context.js';

export const checkLevel: Check = (_intent, { level }) => {
  if (level === 'halted') return deny('risk.halted', 'risk is halted: nothing may grow');
  if (level === 'reducing') return deny('risk.reducing', 'risk is reducing: nothing may grow');
  return undefined;
};

export const checkPermission: Check = (_intent, { permission, now }) => {
  if (!permission.granted) return deny('permission.closed', permission.reasons.join('; '));
  if (now < permission.expiresAt) return undefined;
  return deny('permission.closed', `permission expired ${now - permission.expiresAt} ms ago`);
};

export const checkIntentIsNew: Check = ({ intentId }, { isKnownIntent }) =>
  isKnownIntent(intentId)
    ? deny('duplicate.intent', `an order was already made for ${intentId}`)
    : undefined;

/** Other markets' orders the venue would refuse. */
export const checkMarket: Check = ({ market }, { view }) => {
  if (view?.market !== market) return deny('market.unknown', `nothing is known of ${market}`);
  const { status } = view.spec;
  if (status === 'ACTIVE') return undefined;
  return deny('market.inactive', `${market}: expected ACTIVE, was ${status}`);
};

export const checkBook: Check = ({ market }, { view, now, ages }) => {
  if (view?.book.state !== 'live') {
    return deny('book.not-live', `${market}: the book is ${view?.book.state ?? 'unknown'}`);
  }
  const age = now - view.book.updatedAt;
  if (age <= ages.bookAgeMsMax) return undefined;
  return deny('book.old', `${market}: the book is ${age} ms old, at most ${ages.bookAgeMsMax}`);
};

export const checkOracle: Check = ({ market }, { view, now, ages }) => {
  if (view?.oracle === undefined || view.oracleAt === undefined) {
    return deny('oracle.missing', `${market}: there is no oracle price`);
  }
  const age = now - view.oracleAt;
  if (age <= ages.oracleAgeMsMax) return undefined;
  const words = `the oracle price is ${age} ms old, at most ${ages.oracleAgeMsMax}`;
  return deny('oracle.old', `${market}: ${words}`);
};

export const checkDecisionAge: Check = ({ newestFrameAt, heldMs }, { now, ages }) => {
  const age = now - newestFrameAt - heldMs;
  if (age <= ages.decisionAgeMsMax) return undefined;
  return deny('decision.old', `the decision is ${age} ms old, at most ${ages.decisionAgeMsMax}`);
};

export const checkSize: Check = ({ size }, { view }) => {
  const step = view?.spec.step ?? 1n;
  if (size > 0n && size % step === 0n) return undefined;
  return deny('size.invalid', `expected a positive multiple of ${step}, was ${size}`);
};

export const checkPrice: Check = ({ limitPrice }, { view }) => {
  const tick = view?.spec.tick ?? 1n;
  if (limitPrice > 0n && limitPrice % tick === 0n) return undefined;
  return deny('price.invalid', `expected a positive multiple of ${tick}, was ${limitPrice}`);
};
