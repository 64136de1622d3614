/** Bridges the inspection socket to https://stately.ai/inspect, in a window of its own. */
const VIEWER = new URL('https://stately.ai/inspect');
const say = (text) => (document.getElementById('status').textContent = text);

document.getElementById('entry').addEventListener('submit', async (event) => {
  event.preventDefault();
  const viewer = window.open(VIEWER, 'xstateinspector');
  const authorization = `Bearer ${document.getElementById('token').value}`;
  const answer = await fetch('/inspect/ticket', { method: 'POST', headers: { authorization } });
  if (!answer.ok) return say('this token is not valid');
  const { ticket } = await answer.json();
  const socket = new WebSocket(`ws://${location.host}/inspect/ws`, [
    'perpetua.inspect',
    `ticket.${ticket}`,
  ]);
  let ready = false;
  let sent = 0;
  addEventListener('message', ({ origin, data, source }) => {
    if (origin !== VIEWER.origin || source !== viewer || data?.type !== '@statelyai.connected')
      return;
    ready = true;
    socket.send('resync');
  });
  socket.onmessage = ({ data }) => {
    if (!ready) return;
    viewer.postMessage(JSON.parse(data), VIEWER.origin);
    say(`${++sent} events → ${VIEWER.origin}`);
  };
  socket.onclose = () => say('the service has closed the connection');
});
