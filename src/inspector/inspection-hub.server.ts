/**
 * The machines made visible: a read-only WebSocket at /inspect/ws on the admin's server, and its
 * pages.
 *
 * 1. Attached to the actor system only while somebody watches; costs nothing otherwise.
 * 2. A ticket lives 30 s, works once, and travels as a subprotocol, never in a URL.
 * 3. A late viewer gets every live actor first. A slow viewer loses frames and then gets them
 *    again.
 * 4. The observer never throws: a throwing one would break the inspected actor.
 * 5. A refused upgrade keeps no connection, whatever its peer does or leaves undone.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Clock } from '../ports/clock.js';
import { actorFrame, frameOf, liveActors, type InspectionFrame } from './inspection-frames.js';

export interface HubOptions {
  readonly root: AnyActorRef;
  readonly clock: Clock;
  readonly isOwnOrigin: (origin: string | undefined) => boolean;
  readonly isOwnHost: (host: string | undefined) => boolean;
  /** Static pages by path, with their type: read once at start, served by exact name. */
  readonly pages: ReadonlyMap<string, { readonly type: string; readonly body: string }>;
}

export interface Hub {
  viewers(): number;
  close(): void;
}

const TICKET_MS = 30_000;
const TICKETS_MAX = 100;
const VIEWERS_MAX = 8;
const BUFFER_MAX_BYTES = 4_000_000;
const PROTOCOL = 'perpetua.inspect';
const TICKET_PREFIX = 'ticket.';

/** Adds the inspector to the admin's server, under its rules for hosts and scopes. */
export function addInspector(app: FastifyInstance, options: HubOptions): Hub {
  const tickets = new Map<string, number>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    handleProtocols: () => PROTOCOL,
  });
  for (const [path, page] of options.pages) {
    app.get(path, { config: { scope: 'open' }, schema: { hide: true } }, (_, reply) =>
      reply.type(page.type).send(page.body),
    );
  }
  app.post(
    '/inspect/ticket',
    {
      config: { scope: 'read' },
      schema: { summary: 'A ticket for the inspection socket', security: [{ bearer: [] }] },
    },
    () => {
      const ticket = randomBytes(24).toString('base64url');
      if (tickets.size >= TICKETS_MAX) tickets.delete(tickets.keys().next().value ?? '');
      tickets.set(ticket, options.clock.now() + TICKET_MS);
      return { ticket, livesSeconds: TICKET_MS / 1000 };
    },
  );
  const admit = (request: IncomingMessage): boolean => {
    if (!options.isOwnHost(request.headers.host)) return false;
    if (!options.isOwnOrigin(request.headers.origin)) return false;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    const ticket = offered.find((name) => name.startsWith(TICKET_PREFIX));
    const key = ticket?.slice(TICKET_PREFIX.length) ?? '';
    const until = tickets.get(key);
    tickets.delete(key);
    return until !== undefined && options.clock.now() <= until;
  };
  app.server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener off, and sockets without one end the process.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?')[0];
    const full = sockets.clients.size >= VIEWERS_MAX;
    if (path !== '/inspect/ws' || full || !admit(request)) {
      // Whether its peer reads this or closes its side is not waited for: nothing would end that.
      socket.write('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (viewer) => show(viewer, options));
  });
  return {
    viewers: () => sockets.clients.size,
    close: () => {
      for (const viewer of sockets.clients) viewer.terminate();
      sockets.close();
    },
  };
}

function show(viewer: WebSocket, { root, clock }: HubOptions): void {
  let lagging = false;
  const send = (frame: InspectionFrame | undefined): void => {
    if (frame === undefined || viewer.readyState !== viewer.OPEN) return;
    if (viewer.bufferedAmount > BUFFER_MAX_BYTES) {
      lagging = true;
      return;
    }
    viewer.send(JSON.stringify(frame));
    if (!lagging || viewer.bufferedAmount > 0) return;
    lagging = false;
    replay();
  };
  const replay = (): void => {
    for (const actor of liveActors(root)) send(actorFrame(actor, root.sessionId, clock.now()));
  };
  const observe = (inspected: InspectionEvent): void => {
    try {
      send(frameOf(inspected, clock.now()));
    } catch {
      // A frame that cannot be made is not worth an actor.
    }
  };
  const subscription = root.system.inspect({ next: observe });
  replay();
  viewer.on('message', (data: Buffer) => {
    if (data.toString() === 'resync') replay();
  });
  viewer.on('close', () => subscription.unsubscribe());
  viewer.on('error', () => viewer.terminate());
}
