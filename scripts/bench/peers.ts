/**
 * Other people's clients, unmodified, against the built devnet: ccxt's dydx and v4-client-js go
 * through the same steps. Prints what each saw; ends with 1 when one saw what it must not see.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startEmbeddedExchange } from '../../src/app/embedded-exchange.js';
import { LOCAL_CHAIN_ID } from '../../src/simulator/exchange-host.venue.js';
import { ACCOUNT_STEPS, MONEY_STEPS } from './account-steps.js';
import { ccxtPeer } from './ccxt-peer.js';
import { clientPeer } from './client-peer.js';
import { MARKET_STEPS } from './market-steps.js';
import { ORDER_STEPS } from './order-steps.js';
import { Unable } from './peer.js';
import type { Stage, Step } from './steps.js';
import { urlsOf, Wire, type Urls } from './wire.js';

const STEPS = [...MARKET_STEPS, ...ACCOUNT_STEPS, ...ORDER_STEPS, ...MONEY_STEPS];
const CELL = 62;

type Outcome = { readonly mark: '✓' | '–' | '✗'; readonly text: string };

async function stageOf(urls: Urls, kind: 'ccxt' | 'client'): Promise<Stage> {
  const privateKey = randomBytes(32).toString('hex');
  const helper = await clientPeer({ urls, chainName: LOCAL_CHAIN_ID, privateKey });
  const walletAddress = helper.address;
  const peer =
    kind === 'ccxt'
      ? await ccxtPeer({ urls, chainName: LOCAL_CHAIN_ID, privateKey, walletAddress })
      : helper;
  const wire = new Wire(urls, walletAddress);
  await wire.ready();
  let clientId = 1_000;
  const nextClientId = (): number => (clientId += 1);
  return { peer, helper, wire, clientIds: new Map(), nextClientId };
}

async function outcomeOf(step: Step, stage: Stage): Promise<Outcome> {
  try {
    return { mark: '✓', text: await step.run(stage) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { mark: error instanceof Unable ? '–' : '✗', text };
  }
}

function print(name: string, outcomes: readonly Outcome[]): void {
  const cells = outcomes.map(({ mark, text }) => {
    const line = text.replaceAll(/\s+/g, ' ');
    return `${mark} ${line.length > CELL ? `${line.slice(0, CELL - 1)}…` : line}`.padEnd(CELL + 2);
  });
  console.log(`${name.padEnd(40)} ${cells.join('  ').trimEnd()}`);
}

const program = join(import.meta.dirname, '../../dist/src/main.js');
const exchange = await startEmbeddedExchange({ program, seed: 7, markets: 2, preset: 'busy' });
const urls = urlsOf(exchange.port);
const stages = [await stageOf(urls, 'ccxt'), await stageOf(urls, 'client')];
console.log(`${' '.repeat(40)} ${stages.map(({ peer }) => peer.name.padEnd(CELL + 4)).join('')}`);

const failures: string[] = [];
for (const step of STEPS) {
  const outcomes = await Promise.all(stages.map((stage) => outcomeOf(step, stage)));
  print(step.name, outcomes);
  outcomes.forEach(({ mark, text }, index) => {
    if (mark === '✗') failures.push(`${stages[index]?.peer.name}, ${step.name}: ${text}`);
  });
}
for (const { peer, wire } of stages) {
  wire.close();
  await peer.close();
}
await exchange.close();
for (const failure of failures) console.error(`\n✗ ${failure}`);
console.log(`\n${STEPS.length} steps, ${failures.length} mismatches`);
process.exit(failures.length > 0 ? 1 : 0);
