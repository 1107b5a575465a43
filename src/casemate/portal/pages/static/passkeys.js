// Passkeys: a form that says data-passkey ("get" to sign in, "create" for a new one) asks the device, then
// is sent with what the device answered. Without JavaScript the form stays hidden.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const described = (known) => (known ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  publicKey.user = { ...options.user, id: bytes(options.user.id) };
  publicKey.excludeCredentials = described(options.excludeCredentials);
  const made = await navigator.credentials.create({ publicKey });
  return answer(made, { attestationObject: text(made.response.attestationObject) });
}

async function get(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  publicKey.allowCredentials = described(options.allowCredentials);
  const used = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = used.response;
  return answer(used, {
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
}

function answer(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function ask(form) {
  const asked = await fetch(form.dataset.options, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
  });
  const options = await asked.json();
  if (!asked.ok) throw new Error(options.detail);
  form.elements.answer.value = await (form.dataset.passkey === "get" ? get(options) : create(options));
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = form.querySelector("[data-said]");
      said.textContent = "";
      try {
        await ask(form);
        form.submit();
      } catch (failure) {
        // A DOMException is the browser's own; what the server said is an Error with a sentence for people.
        said.textContent = failure instanceof DOMException ? said.dataset.failed : failure.message;
      }
    });
  }
}
