// A turn of a conversation on the law, shown as it is written. All markup comes from the server, made of the
// templates of the whole page; what the server refuses is sent as a form, so that the page itself tells why.
const talk = document.querySelector("[data-talk]");
const turns = talk.querySelector("[data-turns]");
const said = talk.querySelector("[data-said]");
const stopping = talk.querySelector("[data-stop]");
const again = talk.querySelector("[data-again]");
const place = talk.querySelector("[data-form]");
const say = (text) => { said.textContent = text; };
let running = null; // the turn that is being written
let broken = null; // the last one, if it came to no end

function part(html) {
  const made = document.createElement("template"); // no script in it would run
  made.innerHTML = html;
  return made.content;
}

const send = (address, data, signal) =>
  fetch(address, { method: "POST", body: new URLSearchParams(data), signal }).catch(() => null);

// Server-sent events, each a name and one line of JSON; they end where the connection does.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const read = await reader.read().catch(() => ({ done: true }));
    if (read.done) return;
    const whole = (left + read.value).split("\n\n");
    left = whole.pop();
    for (const one of whole) {
      const [name, data] = one.split("\n");
      yield [name.slice("event: ".length), JSON.parse(data.slice("data: ".length))];
    }
  }
}

const show = {
  begin(turn, told) {
    broken?.section?.remove();
    broken = null;
    turn.name = told.name;
    turns.append(part(told.turn));
    turn.section = turns.lastElementChild;
    place.querySelector("[name=question]").value = "";
    turn.section.scrollIntoView({ block: "start" });
    say(told.said);
  },
  sentence(turn, told) {
    turn.section.querySelector("[data-sentences]").append(part(told.html));
  },
  dropped(turn, told) {
    const out = turn.section.querySelector("[data-dropped]");
    out.querySelector("summary").textContent = told.said;
    out.querySelector("ul").append(part(told.html));
    out.hidden = false;
  },
  end(turn, told) {
    turn.ended = true;
    const open = [...turn.section.querySelectorAll("details[open]")].map((one) => one.id);
    turn.section.replaceWith(part(told.turn));
    turn.section = turns.lastElementChild;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    while (turns.childElementCount > Number(talk.dataset.most)) turns.firstElementChild.remove();
    renew(told.form, turn);
    say(told.said);
  },
};

// The form as it is after the turn; what somebody has begun to type in the meantime stays.
function renew(html, turn) {
  const focused = document.activeElement.id;
  const before = place.querySelector("form").elements;
  const [typed, on] = [before.question.value, before.on.value];
  place.replaceChildren(part(html));
  const form = place.querySelector("form").elements;
  form.question.value = typed;
  if (on !== turn.data.get("on")) form.on.value = on;
  if (focused) document.getElementById(focused)?.focus();
  history.replaceState({ talk: form.so_far.value }, ""); // for whoever follows a link and comes back
}

async function ask(data) {
  const turn = { data, connection: new AbortController(), name: "", ended: false, stopped: false };
  running = turn;
  busy(true);
  say(talk.dataset.asking);
  const answer = await send(talk.dataset.talk, data, turn.connection.signal);
  if (answer && !answer.headers.get("content-type")?.startsWith("text/event-stream")) return whole(data);
  if (answer) for await (const [name, told] of events(answer)) show[name](turn, told);
  running = null;
  if (!turn.ended) lost(turn);
  busy(false, turn.ended ? turn.section.querySelector("h2") : again);
}

// The buttons while a turn is written, and after; the focus never falls out of the page.
function busy(is, next) {
  const held = document.activeElement;
  stopping.hidden = !is;
  const button = place.querySelector("form button");
  button.disabled = is;
  if (is) again.hidden = true;
  if (is && (held === button || held === again)) stopping.focus();
  if (!is && held === stopping) next.focus();
}

function lost(turn) {
  turn.section ??= broken?.section; // asked again in vain: what was there of it before
  broken = turn;
  turn.section?.setAttribute("aria-busy", "false");
  const question = place.querySelector("[name=question]");
  question.value ||= turn.data.get("question");
  say(turn.stopped ? talk.dataset.ended : talk.dataset.lost);
  again.hidden = false;
}

// As without JavaScript: the page that comes back says what is wrong.
function whole(data) {
  const form = place.querySelector("form");
  for (const name of ["question", "on"]) form.elements[name].value = data.get(name);
  running = null; // the browser may show this very page again
  busy(false, form.elements.question);
  form.submit();
}

// The server is asked to stop, so that the turn ends with what stands; if it does not, the connection is ended.
async function stop(turn) {
  if (turn.stopped) return;
  turn.stopped = true;
  say(talk.dataset.ending);
  const token = turn.data.get("csrf_token");
  const heard = turn.name && (await send(talk.dataset.stopping, { csrf_token: token, name: turn.name }));
  if (heard?.ok) setTimeout(() => turn.connection.abort(), 5000);
  else turn.connection.abort();
}

// Whoever comes back to the page by the browser's history finds the conversation as it was.
async function restore(sealed) {
  const data = new URLSearchParams(new FormData(place.querySelector("form")));
  data.set("so_far", sealed);
  data.set("again", "yes");
  const answer = await send(place.querySelector("form").action, data);
  if (!answer?.ok || running) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  turns.replaceChildren(...page.querySelector("[data-turns]").childNodes);
  place.replaceChildren(...page.querySelector("[data-form]").childNodes);
}

talk.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) ask(new URLSearchParams(new FormData(event.target)));
});
stopping.addEventListener("click", () => running && stop(running));
again.addEventListener("click", () => !running && broken && ask(broken.data));
if (history.state?.talk && !turns.childElementCount) restore(history.state.talk);
