// Requests to the editor's server, with the token from the page's address. The token is stored for this origin only: per
// tab, and per draft for all its tabs, so that an open tab works on when the editor is restarted.

const tokenInAddress = () => new URLSearchParams(location.hash.slice(1)).get("token");
const draftOf = token => token.split(".")[0];

function takeToken() {
  const token = tokenInAddress();
  if (!token) return;
  const isOther = sessionStorage.token && draftOf(sessionStorage.token) !== draftOf(token);
  sessionStorage.token = token;
  localStorage.setItem(`token ${draftOf(token)}`, token);
  history.replaceState(null, "", location.pathname);
  if (isOther) location.reload();
}

/** Exchange the one-time code in the address for the token. */
async function enter() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  const response = await fetch("/api/enter", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }) });
  if (response.ok) location.hash = `token=${(await response.json()).token}`;
}

await enter();
takeToken();
addEventListener("hashchange", takeToken);

function token() {
  const own = sessionStorage.token ?? "";
  return localStorage.getItem(`token ${draftOf(own)}`) ?? own;
}

/** What this draft's entries in the browser's storage are named after. */
export const draft = () => draftOf(token());

/** The response to a request; `data` is sent as JSON. Rejects if the server cannot be reached. */
export function request(path, data, more = {}) {
  const headers = { Authorization: `Bearer ${token()}`, ...more };
  if (data === undefined) return fetch(path, { headers });
  return fetch(path, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(data) });
}

/** The JSON at a path. Throws a `Refusal` with the server's message if the status is an error. */
export async function get(path) {
  const response = await request(path);
  if (!response.ok) throw new Refusal(await messageOf(response));
  return response.json();
}

/** An error response of the server. */
export class Refusal extends Error {}

export async function messageOf(response) {
  try {
    return (await response.json()).message;
  } catch {
    return response.statusText;
  }
}
