/**
 * Faults while the exchange runs: read and change the plan, make one happen now, read the figures.
 * On loopback only and without tokens: it can do nothing but harm a simulated exchange.
 */
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { FAULT_ACTIONS, isFaultAction, runFaultAction } from './fault-actions.js';
import { activeFaults, FAULTS, NO_FAULTS, type FaultProblem } from './fault-plan.js';
import type { FaultyHost } from './faulty-host.js';

const NO_ROUTE =
  'expected GET, PATCH or PUT /faults, GET /faults/table, POST /faults/now/<name>, POST /reset ' +
  'or GET /stats';

export interface ControlPortOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly network: FaultyHost;
  readonly stats: () => object;
}

export interface ControlPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects when the port is taken. */
export async function startControlPort(options: ControlPortOptions): Promise<ControlPort> {
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024 });
  // A page in a browser can send to loopback too: other host names and origins are not ours.
  app.addHook('onRequest', async (request, reply) => {
    const isOurs = isLoopback(request.ip) && isLocalName(request.hostname);
    if (isOurs && request.headers.origin === undefined) return undefined;
    return reply.code(403).send({ message: 'loopback only' });
  });
  // Bodies are JSON whatever they call themselves: curl's default is a form.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => {
    const value = readJson(String(body));
    const error = Object.assign(new Error('expected a body in JSON'), { statusCode: 400 });
    if (value === undefined) done(error);
    else done(null, value);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) =>
    reply.code(error.statusCode ?? 500).send({ message: error.message }),
  );
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ message: NO_ROUTE }));
  addRoutes(app, options);
  await app.listen({ host: '127.0.0.1', port: options.port });
  const close = async (): Promise<void> => {
    app.server.closeAllConnections();
    await app.close();
  };
  return { port: (app.server.address() as AddressInfo).port, close };
}

function addRoutes(app: FastifyInstance, { network, stats }: ControlPortOptions): void {
  const { dice } = network.host;
  const shown = () => ({ active: activeFaults(dice.plan), struck: dice.struck, plan: dice.plan });
  const told = (reply: FastifyReply, problems: readonly FaultProblem[]) =>
    problems.length === 0 ? reply.send(shown()) : reply.code(400).send({ problems });
  app.get('/faults', () => shown());
  app.get('/faults/table', () => ({ faults: faultTable(), now: actionTable() }));
  app.patch('/faults', (request, reply) => told(reply, dice.change(request.body)));
  app.put('/faults', (request, reply) => told(reply, dice.change(request.body, NO_FAULTS)));
  app.post<{ Params: { name: string } }>('/faults/now/:name', (request, reply) => {
    const { name } = request.params;
    if (isFaultAction(name)) {
      return told(reply, runFaultAction(network, name, request.body ?? {}));
    }
    const expected = `one of ${Object.keys(FAULT_ACTIONS).join(', ')}`;
    return reply.code(404).send({ problems: [{ path: 'name', value: name, expected }] });
  });
  app.post('/reset', (_, reply) => {
    network.host.chainFaults.resume();
    return told(reply, dice.change(NO_FAULTS));
  });
  app.get('/stats', () => stats());
}

const faultTable = () =>
  Object.entries(FAULTS).map(([name, { unit, off, expected, meaning }]) => ({
    name,
    unit,
    off,
    expected,
    meaning,
  }));

const actionTable = () =>
  Object.entries(FAULT_ACTIONS).map(([name, { meaning, settings }]) => ({
    name,
    meaning,
    settings: Object.keys(settings.properties),
  }));

/** Undefined for what is not JSON; an empty body is an empty object. */
function readJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export const isLoopback = (address: string | undefined): boolean =>
  address === '::1' || /^(::ffff:)?127\./.test(address ?? '');

const isLocalName = (name: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(name);
