/**
 * The operator's door: Fastify on loopback with bearer tokens, OpenAPI at /docs, metrics at
 * /metrics.
 *
 * 1. It sees `ports/control` and nothing behind it.
 * 2. Every route has a scope; one without is refused at start. Only health, readiness, the docs and
 *    the inspector's static pages are open, and they carry no data.
 * 3. Tokens are compared by digest; they never appear in a log, an error or a URL.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Failure } from '../model/result.js';
import type { Control } from '../ports/control.js';
import type { Log } from '../ports/log.js';
import { bearerToken, includes, isOwnHost, type Scope } from './access.js';
import { commandRoutes } from './command.route.js';
import type { Metrics } from './metrics.server.js';
import { readRoutes } from './read.route.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; `open` for pages and health without data. */
    readonly scope?: Scope | 'open';
  }
}

export interface AdminOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly control: Control;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Plain tokens by scope, ≥ 128 bits of chance each. Only their digests are kept. */
  readonly tokens: Readonly<Record<Scope, string>>;
  /** More routes on the same server and rules: the inspector. */
  readonly extend?: (app: FastifyInstance) => void;
}

export interface Admin {
  readonly host: string;
  readonly port: number;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

const LIMITS = {
  bodyLimit: 32 * 1024,
  requestTimeout: 5_000,
  connectionTimeout: 10_000,
  keepAliveTimeout: 5_000,
  maxRequestsPerSocket: 1_000,
} as const;
const CONNECTIONS_MAX = 64;

const CONTENT_POLICY = {
  directives: {
    defaultSrc: ["'self'"],
    connectSrc: ["'self'", 'ws:'],
    frameSrc: ['https://stately.ai'],
    imgSrc: ["'self'", 'data:'],
    upgradeInsecureRequests: null,
  },
};

export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const own = { host: options.host, port: options.port };
  const app = Fastify({
    ...LIMITS,
    logger: false,
    routerOptions: { maxParamLength: 64 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  app.addHook('onRoute', (route) => {
    if (route.config?.scope === undefined && !route.url.startsWith('/docs')) {
      throw new Error(`admin: the route ${route.url} declares no scope`);
    }
  });
  await app.register(helmet, { contentSecurityPolicy: CONTENT_POLICY });
  await app.register(swagger, { openapi: openApi });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  guard(app, options, own);
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log.write('error', 'admin.error', { error });
    const message = status >= 500 ? 'internal error' : error.message;
    return reply.code(status).send({ code: error.code ?? 'admin.request', message });
  });
  addOpenRoutes(app, options);
  await app.register(readRoutes(options.control));
  await app.register(commandRoutes(options.control));
  options.extend?.(app);
  app.server.maxConnections = CONNECTIONS_MAX;
  app.server.headersTimeout = LIMITS.requestTimeout;
  await app.listen({ host: options.host, port: options.port }).catch((error: Error) => {
    throw portFailure(error, own);
  });
  const address = app.server.address();
  own.port = typeof address === 'object' && address !== null ? address.port : options.port;
  const close = async (): Promise<void> => {
    app.server.closeAllConnections();
    await app.close();
  };
  return { ...own, app, close };
}

/** Who starts a second service should read so, and not the name of a system call's error. */
function portFailure(
  error: Error & { code?: string },
  { host, port }: { host: string; port: number },
) {
  if (error.code !== 'EADDRINUSE') return error;
  const message = `${host}:${port} is taken, perhaps by a service that runs already`;
  const hint = 'admin.port (PERPETUA_ADMIN_PORT) chooses another one, 0 any';
  return new Failure('admin.port-taken', `${message}; ${hint}`, { retryable: false });
}

const openApi = {
  info: {
    title: 'Perpetua admin API',
    version: '1',
    description:
      'Bearer tokens: read sees, trade commands. Amounts are decimal text, times Unix ms.',
  },
  components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function guard(
  app: FastifyInstance,
  { tokens, log }: AdminOptions,
  own: { readonly host: string; readonly port: number },
): void {
  const digests: readonly (readonly [Scope, Buffer])[] = [
    ['trade', digest(tokens.trade)],
    ['read', digest(tokens.read)],
  ];
  const refuse = (reply: FastifyReply, status: number, code: string, message: string) =>
    reply.code(status).send({ code, message });
  const check = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (!isOwnHost(request.headers.host, own)) {
      return refuse(reply, 421, 'admin.host', 'this host name is not ours');
    }
    const needed = request.routeOptions.config.scope;
    if (needed === 'open' || needed === undefined) return undefined;
    const given = digest(bearerToken(request.headers.authorization) ?? '');
    const [granted] = digests.find(([, known]) => timingSafeEqual(known, given)) ?? [];
    if (granted === undefined) {
      return refuse(reply, 401, 'admin.unauthorized', 'a valid bearer token is needed');
    }
    if (!includes(granted, needed)) {
      log.write('warn', 'admin.forbidden', { path: request.routeOptions.url, scope: granted });
      return refuse(reply, 403, 'admin.forbidden', `the ${needed} scope is needed`);
    }
    return undefined;
  };
  app.addHook('onRequest', check);
}

function addOpenRoutes(app: FastifyInstance, { control, metrics }: AdminOptions): void {
  app.get(
    '/healthz',
    { config: { scope: 'open' }, schema: { summary: 'The process lives' } },
    () => ({
      alive: true,
    }),
  );
  app.get(
    '/readyz',
    { config: { scope: 'open' }, schema: { summary: 'It may trade' } },
    (_, reply) => {
      const { ready } = control.isReady();
      return reply.code(ready ? 200 : 503).send({ ready });
    },
  );
  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: { summary: 'Prometheus metrics', security: [{ bearer: [] }] },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
  app.setNotFoundHandler({}, (_, reply) =>
    reply.code(404).send({ code: 'admin.not-found', message: 'no such route' }),
  );
}
