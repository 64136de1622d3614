/** The inspector's plain page: lists the live actors with their states, and what happens to them. */
const EVENTS_SHOWN = 200;
const ENDED_KEPT = 50;

const byId = (id) => document.getElementById(id);
const actors = new Map();
let chosen;
let drawing = false;
let frames = 0;

byId('entry').addEventListener('submit', (event) => {
  event.preventDefault();
  void watch(byId('token').value);
});

byId('helpers').addEventListener('change', () => draw());

async function watch(token) {
  say('asking for a ticket …');
  const answer = await fetch('/inspect/ticket', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok)
    return say(answer.status === 401 ? 'this token is not valid' : `refused: ${answer.status}`);
  const { ticket } = await answer.json();
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/inspect/ws`, [
    'perpetua.inspect',
    `ticket.${ticket}`,
  ]);
  socket.onopen = () => {
    actors.clear();
    say('connected');
  };
  socket.onmessage = (message) => take(JSON.parse(message.data));
  socket.onclose = () => {
    say('disconnected; trying again …');
    setTimeout(() => void watch(token).catch(() => say('the service does not answer')), 2000);
  };
}

function take(frame) {
  frames += 1;
  const actor = actors.get(frame.sessionId) ?? { name: frame.sessionId, depth: 0 };
  if (frame.type === '@xstate.actor') {
    actor.name = frame.name;
    actor.parent = frame.parentId;
    actors.set(frame.sessionId, actor);
  }
  if (frame.event) {
    actor.event = frame.event.type;
    if (frame.type === '@xstate.event') log(actor.name, frame.event);
  }
  if (frame.snapshot) actor.snapshot = frame.snapshot;
  forgetEnded();
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(draw);
  }
}

function forgetEnded() {
  const ended = [...actors].filter(
    ([, actor]) => actor.snapshot && actor.snapshot.status !== 'active',
  );
  for (const [id] of ended.slice(0, Math.max(0, ended.length - ENDED_KEPT))) actors.delete(id);
}

function draw() {
  drawing = false;
  const rows = [];
  const children = Map.groupBy ? Map.groupBy([...actors], ([, actor]) => actor.parent) : group();
  const visit = (parent, depth) => {
    for (const [id, actor] of children.get(parent) ?? []) {
      const isMachine = actor.snapshot?.value !== undefined;
      if (isMachine || byId('helpers').checked) rows.push(row(id, actor, depth));
      visit(id, depth + 1);
    }
  };
  visit(undefined, 0);
  byId('actors').replaceChildren(...rows);
  const actor = actors.get(chosen);
  if (actor) {
    byId('chosen').textContent = actor.name;
    byId('context').textContent = JSON.stringify(actor.snapshot?.context ?? null, null, 2);
  }
  say(`connected · ${actors.size} actors · ${frames} frames`);
}

function group() {
  const groups = new Map();
  for (const entry of actors) {
    const list = groups.get(entry[1].parent) ?? [];
    list.push(entry);
    groups.set(entry[1].parent, list);
  }
  return groups;
}

function row(id, actor, depth) {
  const line = document.createElement('tr');
  if (id === chosen) line.className = 'chosen';
  if (actor.snapshot && actor.snapshot.status !== 'active') line.classList.add('ended');
  const name = cell(actor.name);
  name.style.paddingLeft = `${0.5 + depth * 1.1}rem`;
  const value = actor.snapshot?.value;
  const state = cell(value === undefined ? (actor.snapshot?.status ?? '') : words(value));
  state.className = value === undefined ? 'state plain' : 'state';
  const event = cell(actor.event ?? '');
  event.className = 'dim';
  line.append(name, state, event);
  line.onclick = () => {
    chosen = id;
    draw();
  };
  return line;
}

function words(value) {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([state, child]) =>
      typeof child === 'object' && Object.keys(child).length === 0
        ? state
        : `${state}.${words(child)}`,
    )
    .join(' + ');
}

function cell(text) {
  const element = document.createElement('td');
  element.textContent = text;
  return element;
}

function log(name, event) {
  const item = document.createElement('li');
  const type = document.createElement('b');
  type.textContent = event.type;
  item.append(type, ` → ${name}`);
  const list = byId('events');
  list.prepend(item);
  while (list.children.length > EVENTS_SHOWN) list.lastChild.remove();
}

function say(text) {
  byId('status').textContent = text;
}
