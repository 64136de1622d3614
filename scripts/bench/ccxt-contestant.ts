/**
 * ccxt's own message path, without its network: each frame as the text that its stream delivers,
 * into its client's `onMessage`, which parses it and calls the unmodified handlers of `pro/dydx`.
 * Nobody waits for its answers, which spares it the promises.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contestant } from './bench-rounds.js';
import { BENCH } from './bench-places.js';
import type { Session } from './bench-session.js';

interface MessageClient {
  onMessage(event: { readonly data: string }): void;
}

/** What is used of ccxt: said here, because its own types are there only once it is installed. */
interface Dydx {
  readonly orderbooks: object;
  setMarkets(markets: readonly unknown[]): void;
  parseMarket(market: object): unknown;
  client(url: string): MessageClient;
}

interface Ccxt {
  readonly version: string;
  readonly pro: { readonly dydx: new () => Dydx };
}

/** Undefined where its package is not installed. */
export async function loadCcxt(): Promise<Ccxt | undefined> {
  const path = join(BENCH, 'node_modules/ccxt/js/ccxt.js');
  if (!existsSync(path)) return undefined;
  const module = (await import(pathToFileURL(path).href)) as { readonly default: Ccxt };
  return module.default;
}

export function ccxtContestant(ccxt: Ccxt, session: Session): Contestant {
  const { frames, opening, parameters, specs } = session;
  return {
    name: `ccxt ${ccxt.version}: handlers`,
    frames: frames.length,
    prepare: () => {
      const exchange = new ccxt.pro.dydx();
      exchange.setMarkets(parameters.map((market) => exchange.parseMarket({ ...market })));
      const client = exchange.client('wss://127.0.0.1/');
      for (const frame of opening) client.onMessage({ data: frame.toString() });
      let index = 0;
      return (end) => {
        for (; index < end; index += 1) {
          client.onMessage({ data: (frames[index] as Buffer).toString() });
        }
        const books = Object.keys(exchange.orderbooks).length;
        if (books < specs.length) throw new Error(`ccxt: ${books} of ${specs.length} books`);
      };
    },
  };
}
