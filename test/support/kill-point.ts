/**
 * Loaded into the built service before its own code: kills the process, as SIGKILL from outside does, at a
 * step of the journal's writing or of the network, in whichever thread the step is. `?at=` names the step,
 * `?nth=` which time it is done. Types are stripped before it is loaded; it imports what Node has, and `ws`.
 */
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { kill, pid } from 'node:process';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const { searchParams } = new URL(import.meta.url);
const at = searchParams.get('at');
const program = searchParams.get('program') ?? '';
let left = Number(searchParams.get('nth'));

function step(...names: readonly string[]): void {
  if (at === null || !names.includes(at)) return;
  left -= 1;
  if (left === 0) kill(pid, 'SIGKILL');
}

interface Said {
  readonly type?: string;
  readonly entries?: readonly { readonly entry: { readonly type: string } }[];
  readonly message?: { readonly type: string };
}

const kindsOf = ({ entries = [] }: Said): readonly string[] =>
  entries.map(({ entry }) => entry.type);

/** Of what goes to the threads: rows, and what is to be signed. */
function namesOf(said: Said): readonly string[] {
  if (said.type === 'append') return kindsOf(said).map((kind) => `write ${kind}`);
  return said.message === undefined ? [] : [`sign ${said.message.type}`];
}

function watchMainThread(): void {
  const { postMessage, emit } = Worker.prototype;
  Worker.prototype.postMessage = function post(this: Worker, said: Said): void {
    step(...namesOf(said));
    Reflect.apply(postMessage, this, [said]);
  };
  Worker.prototype.emit = function tell(this: Worker, ...args: unknown[]): boolean {
    const [event, said] = args as [string, Said | undefined];
    if (event === 'message') step(`told ${said?.type}`);
    return Reflect.apply(emit, this, args) as boolean;
  };
  const { WebSocket } = createRequire(program)('ws') as { WebSocket: { prototype: Worker } };
  const hear = WebSocket.prototype.emit;
  WebSocket.prototype.emit = function heard(this: Worker, ...args: unknown[]): boolean {
    const [event, data] = args as [string, Uint8Array];
    const name = event === 'message' ? channelOf(data) : event;
    step(`hear ${name}`);
    const isHeard = Reflect.apply(hear, this, args) as boolean;
    step(`heard ${name}`);
    return isHeard;
  };
}

const channelOf = (data: Uint8Array): string =>
  /"channel":\s*"(\w+)"/.exec(new TextDecoder().decode(data.subarray(0, 400)))?.[1] ?? 'greeting';

/** In the journal's thread: the rows are on the disk, and nobody knows it yet. */
function watchJournal(port: NonNullable<typeof parentPort>): void {
  let kinds: readonly string[] = [];
  const { on, postMessage } = port;
  port.on = ((event: string, listener: (said: Said) => void) =>
    Reflect.apply(on, port, [
      event,
      (said: Said) => {
        if (said?.type === 'append') kinds = kindsOf(said);
        listener(said);
      },
    ])) as typeof on;
  port.postMessage = (said: Said): void => {
    if (said.type === 'durable') step(...kinds.map((kind) => `written ${kind}`));
    Reflect.apply(postMessage, port, [said]);
  };
}

function watchRequests(prefix: string): void {
  const pathOf = (message: unknown): string => {
    const { path } = (message as { readonly request: { readonly path: string } }).request;
    return /^\/v4(\/[A-Za-z]+)/.exec(path)?.[1] ?? 'rpc';
  };
  subscribe('undici:request:create', (message) => step(`${prefix}ask ${pathOf(message)}`));
  subscribe('undici:request:trailers', (message) => step(`${prefix}answer ${pathOf(message)}`));
}

if (isMainThread) watchMainThread();
else if (parentPort !== null) watchJournal(parentPort);
watchRequests(isMainThread ? '' : 'signer ');
