// Checks proofs of the ledger with nothing of ours but these lines: RFC 9162 for the hashes, the C2SP notes for
// the signature. Nothing that the server says is believed, only the key; each step shows what it computed.
"use strict";

const section = document.querySelector("[data-proof]");
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const base64 = (data) => btoa(String.fromCharCode(...data));
const utf8 = (text) => new TextEncoder().encode(text);
const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const leafHash = (body) => sha256(joined([0], utf8(body)));
const nodeHash = (left, right) => sha256(joined([1], left, right));

// What does not hold ends the check; anything else that goes wrong is no verdict on the ledger.
class Fails extends Error {}

function require(holds, said) {
  if (!holds) throw new Fails(said);
}

async function asked(path, read) {
  const answer = await fetch(`/api/v1/ledger/${path}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return read(answer);
}
const text = (path) => asked(path, (answer) => answer.text());
const document_ = (path) => asked(path, (answer) => answer.json());

// name+key id+base64, as c2sp.org/signed-note writes a key.
async function openKey(vkey) {
  const [name, id, ...rest] = vkey.trim().split("+");
  require(name && id && rest.length, vkey);
  const material = bytes(rest.join("+"));
  require(material[0] === 1 && material.length === 33, vkey);
  const digest = (await sha256(joined(utf8(`${name}\n`), material))).slice(0, 4);
  const short = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  require(short === id, `${short} ≠ ${id}`);
  const key = await crypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]);
  return { name, id: digest, short, key };
}

// Size and root of a checkpoint, once one of the keys has signed it.
async function openNote(note, keys) {
  const gap = note.lastIndexOf("\n\n");
  require(gap >= 0, note);
  const signed = note.slice(0, gap + 1);
  const [origin, size, root] = signed.split("\n");
  for (const line of note.slice(gap + 2).split("\n")) {
    const [dash, name, encoded] = line.split(" ");
    if (dash !== "—" || !encoded) continue;
    const signature = bytes(encoded);
    for (const key of keys) {
      if (name !== key.name || name !== origin || !equal(signature.slice(0, 4), key.id)) continue;
      const holds = await crypto.subtle.verify("Ed25519", key.key, signature.slice(4), utf8(signed));
      require(holds, `${key.name}+${key.short}\n${signed}`);
      return { size: Number(size), root: bytes(root), said: `${key.name}+${key.short}\n${signed}` };
    }
  }
  throw new Fails(signed);
}

// RFC 9162 section 2.1.3.2; tells every hash that it computes.
async function climb(leaf, index, size, path, tell) {
  let [first, last, hash] = [index, size - 1, leaf];
  require(index >= 0 && index < size, `${index} / ${size}`);
  for (const sibling of path) {
    require(last > 0, base64(hash));
    if (first % 2 === 1 || first === last) {
      hash = await nodeHash(sibling, hash);
      while (first % 2 === 0 && first > 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      hash = await nodeHash(hash, sibling);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
    tell(hash);
  }
  require(last === 0, base64(hash));
  return hash;
}

// RFC 9162 section 2.1.4.2: the roots that the path leads to.
async function bothRoots(older, newer, path, olderRoot) {
  require(older <= newer, `${older} > ${newer}`);
  if (older === newer || older === 0) return [olderRoot, older === 0 ? null : olderRoot];
  let isPower = older;
  while (isPower % 2 === 0) isPower /= 2;
  const hashes = isPower === 1 ? [olderRoot, ...path] : [...path];
  require(hashes.length > 0, "");
  let [first, last] = [older - 1, newer - 1];
  while (first % 2 === 1) [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  let [before, after] = [hashes[0], hashes[0]];
  for (const sibling of hashes.slice(1)) {
    require(last > 0, base64(after));
    if (first % 2 === 1 || first === last) {
      before = await nodeHash(sibling, before);
      after = await nodeHash(sibling, after);
      while (first % 2 === 0 && first > 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      after = await nodeHash(after, sibling);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  require(last === 0, base64(after));
  return [before, after];
}

function show(name, state, computed) {
  const step = section.querySelector(`[data-step="${name}"]`);
  const tag = step.querySelector("[data-state]");
  const words = { good: section.dataset.holds, bad: section.dataset.fails, info: section.dataset.waits };
  tag.className = `tag ${state}`;
  tag.textContent = words[state];
  step.querySelector("[data-computed]").textContent = computed;
}

async function step(name, work) {
  try {
    const { said, value } = await work();
    show(name, "good", said);
    return value;
  } catch (failure) {
    show(name, "bad", failure instanceof Error ? failure.message : String(failure));
    throw failure;
  }
}

async function checkKey() {
  const vkey = section.querySelector("#vkey").value;
  return step("key", async () => {
    const key = await openKey(vkey);
    return { said: `${key.name}+${key.short}`, value: key };
  });
}

async function checkInclusion() {
  const index = Number(section.dataset.index);
  const key = await checkKey();
  const note = await text("checkpoint");
  const fixed = await step("signature", async () => {
    const opened = await openNote(note, [key]);
    return { said: opened.said, value: opened };
  });
  const entry = await document_(`entries/${index}`);
  const leaf = await step("leaf", async () => {
    const hash = await leafHash(entry.body);
    require(base64(hash) === entry.leaf, `${base64(hash)} ≠ ${entry.leaf}`);
    return { said: `${entry.body}\n\n→ ${base64(hash)}`, value: hash };
  });
  const proof = await document_(`entries/${index}/proof?size=${fixed.size}`);
  const computed = [base64(leaf)];
  const root = await step("path", async () => {
    const path = proof.path.map(bytes);
    const hash = await climb(leaf, index, fixed.size, path, (one) => computed.push(base64(one)));
    return { said: computed.join("\n"), value: hash };
  });
  await step("root", async () => {
    require(equal(root, fixed.root), `${base64(root)} ≠ ${base64(fixed.root)}`);
    return { said: base64(root) };
  });
}

async function checkConsistency() {
  const key = await checkKey();
  const older = section.querySelector("#older-note").value.trim() + "\n";
  const before = await step("older", async () => {
    const known = [key];
    for (const vkey of section.dataset.keys.split(" ")) known.push(await openKey(vkey));
    const opened = await openNote(older, known);
    return { said: opened.said, value: opened };
  });
  const note = await text("checkpoint");
  const after = await step("signature", async () => {
    const opened = await openNote(note, [key]);
    return { said: opened.said, value: opened };
  });
  const proof = before.size > after.size ? { path: [] } : await document_(
    `consistency?old_size=${before.size}&new_size=${after.size}`);
  await step("path", async () => {
    const path = proof.path.map(bytes);
    const [olderRoot, newerRoot] = await bothRoots(before.size, after.size, path, before.root);
    require(equal(olderRoot, before.root), `${base64(olderRoot)} ≠ ${base64(before.root)}`);
    require(newerRoot === null || equal(newerRoot, after.root), `${base64(newerRoot ?? [])} ≠ ${base64(after.root)}`);
    return { said: [base64(olderRoot), base64(newerRoot ?? after.root)].join("\n→ ") };
  });
}

async function check(button) {
  const verdict = section.querySelector("[data-verdict]");
  button.disabled = true;
  verdict.textContent = "";
  for (const one of section.querySelectorAll("[data-step]")) show(one.dataset.step, "info", "");
  try {
    await (section.dataset.proof === "inclusion" ? checkInclusion() : checkConsistency());
    verdict.className = "notice good";
    verdict.textContent = section.dataset.good;
  } catch (failure) {
    verdict.className = "notice bad";
    verdict.textContent = failure instanceof Fails ? section.dataset.bad : section.dataset.unknown;
  } finally {
    button.disabled = false;
  }
}

if (section && window.crypto?.subtle) {
  section.querySelector("[data-script]").hidden = false;
  section.querySelector("[data-no-script]").hidden = true;
  const button = section.querySelector("[data-check]");
  button.addEventListener("click", () => check(button));
}
