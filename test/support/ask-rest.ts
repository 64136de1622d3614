/** Asks the indexer's REST about a told story and reads what it says. */
import { Compliance } from '../../src/simulator/indexer/compliance.js';
import {
  IndexerRest,
  type IndexerRestOptions,
} from '../../src/simulator/indexer/indexer-rest.codec.js';
import { OWNER, tellStory } from './venue-story.js';

export const NOW = Date.parse('2025-12-08T16:12:44.250Z');
export const ACCOUNT = `address=${OWNER}&subaccountNumber=0`;

export function restOf(
  story = tellStory(),
  options: Partial<Pick<IndexerRestOptions, 'hasLimits' | 'hasCache'>> = {},
) {
  const clock = { now: NOW };
  const compliance = new Compliance(() => clock.now);
  const { state } = story;
  const rest = new IndexerRest({ state, compliance, hasLimits: true, hasCache: false, ...options });
  const ask = (target: string, client = '10.0.0.1', isRestricted = false) => {
    const { status, headers, body } = rest.answer({ target, client, isRestricted }, clock.now);
    return { status, headers, body: JSON.parse(body) as unknown };
  };
  return { ask, compliance, clock };
}

/** One question to a service of its own. */
export function get(target: string, story = tellStory()) {
  const { status, body } = restOf(story).ask(target);
  return { status, body };
}
