/** A node's address of its own in front of a devnet: counts broadcasts, and loses what it is told to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface NodeProxy {
  readonly url: string;
  /** `loseReplies`: broadcasts are passed on, and their answers are cut off. */
  mode: 'pass' | 'loseReplies' | 'badGateway';
  /** The height that it tells, whatever the chain's is. Broadcasts are passed on all the same. */
  standsAt: number | undefined;
  /** Transactions in base64, in the order in which they came. */
  readonly broadcasts: string[];
  close(): Promise<void>;
}

export async function startNodeProxy(target: string): Promise<NodeProxy> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      void pass(request.method ?? 'GET', request.url ?? '/', body).then(
        ({ status, text, lost }) => {
          if (lost) request.socket.destroy();
          else response.writeHead(status, { 'content-type': 'application/json' }).end(text);
        },
      );
    });
  });
  async function pass(method: string, path: string, body: Buffer) {
    const text = body.toString();
    const isBroadcast = text.includes('broadcast_tx');
    if (proxy.mode === 'badGateway') return { status: 502, text: '', lost: false };
    if (isBroadcast) {
      proxy.broadcasts.push((JSON.parse(text) as { params: { tx: string } }).params.tx);
    }
    const init = method === 'POST' ? { method, body } : { method };
    // A provider's address may end with a key, of which the node behind it knows nothing.
    const answer = await fetch(`${target}${path.split('?')[0]}`, init);
    const lost = isBroadcast && proxy.mode === 'loseReplies';
    const told = (await answer.text()).replace(/(?<="latest_block_height":")\d+/, (height) =>
      String(proxy.standsAt ?? height),
    );
    return { status: answer.status, text: told, lost };
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy: NodeProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'pass',
    standsAt: undefined,
    broadcasts: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
