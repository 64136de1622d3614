/**
 * Where an isolated market can be traded: alone in its subaccount, as the chain has it. What of the
 * settings will be denied for that is said in words, with the numbers to use in its place.
 */
import { CHILDREN_PER_PARENT, parentNumber } from '../model/account.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketId } from '../model/quantities.js';

/** A subaccount of the family, and what it holds. */
export interface Place {
  readonly number: number;
  readonly held: readonly MarketSpec[];
}

const NUMBER_MAX = 127_999;
/** Of several that are meant so many are named. */
const NAMED_MAX = 3;

/**
 * Which of the chosen markets cannot be traded from this subaccount, and from which they can;
 * undefined: all can. Only what does not pass by itself: positions in chosen markets come and go.
 */
export function misplaced(
  number: number,
  chosen: readonly MarketSpec[],
  places: readonly Place[],
): string | undefined {
  const resident = residentOf(number, chosen, places);
  const unfit = chosen.filter(({ market, isolated }) =>
    resident.isolated ? market !== resident.market : isolated,
  );
  if (unfit.length === 0) return undefined;
  return `${resident.words}: trade ${advice(unfit, number, places)}`;
}

/** An isolated market that has the subaccount for itself, or the others together. */
interface Resident {
  readonly isolated: boolean;
  readonly market: MarketId | undefined;
  readonly words: string;
}

function residentOf(
  number: number,
  chosen: readonly MarketSpec[],
  places: readonly Place[],
): Resident {
  const wanted = new Set(chosen.map(({ market }) => market));
  const held = heldBy(number, places).filter(({ market }) => !wanted.has(market));
  const alone = held.find(({ isolated }) => isolated);
  if (alone !== undefined) {
    const words = `subaccount ${number} holds ${alone.market}, which is isolated`;
    return { isolated: true, market: alone.market, words };
  }
  const first = chosen.find(({ isolated }) => isolated);
  const cross = chosen.find(({ isolated }) => !isolated);
  const isChild = number >= CHILDREN_PER_PARENT;
  if (first !== undefined && held.length === 0 && (isChild || cross === undefined)) {
    const words = `subaccount ${number} is for ${first.market} alone, which is isolated`;
    return { isolated: true, market: first.market, words };
  }
  const [other = cross] = held;
  const does = held.length > 0 ? 'holds' : 'trades';
  const words = `an isolated market stands alone, and subaccount ${number} ${does}`;
  return { isolated: false, market: other?.market, words: `${words} ${other?.market}` };
}

function advice(unfit: readonly MarketSpec[], number: number, places: readonly Place[]): string {
  const parent = parentNumber(number);
  const cross = unfit.filter(({ isolated }) => !isolated).map(({ market }) => market);
  const isAlone = (each: number): boolean => heldBy(each, places).some((held) => held.isolated);
  const crossPlace = firstOf(parent, (each) => !isAlone(each));
  const parts = cross.length === 0 ? [] : [`${named(cross)} with ${placeOf(crossPlace)}`];
  const taken = new Set([number]);
  const isolated = unfit.filter((spec) => spec.isolated);
  for (const { market } of isolated.slice(0, NAMED_MAX)) {
    const isFree = (each: number): boolean =>
      !taken.has(each) && heldBy(each, places).every((held) => held.market === market);
    const place = firstOf(parent + CHILDREN_PER_PARENT, isFree);
    if (place !== undefined) taken.add(place);
    parts.push(`${market} with ${placeOf(place)}`);
  }
  return parts.join(', ') + moreThan(isolated);
}

const named = (all: readonly string[]): string =>
  all.slice(0, NAMED_MAX).join(', ') + moreThan(all);

const moreThan = ({ length }: readonly unknown[]): string =>
  length > NAMED_MAX ? ` and ${length - NAMED_MAX} more` : '';

const heldBy = (number: number, places: readonly Place[]): readonly MarketSpec[] =>
  places.find((place) => place.number === number)?.held ?? [];

/** Of a family's numbers from this one on. */
function firstOf(first: number, isFit: (number: number) => boolean): number | undefined {
  for (let number = first; number <= NUMBER_MAX; number += CHILDREN_PER_PARENT) {
    if (isFit(number)) return number;
  }
  return undefined;
}

const placeOf = (number: number | undefined): string =>
  number === undefined ? 'another account' : `subaccount: ${number}`;
