// Requests to the editor's server, with the token its address carried. The token is kept for this origin alone: per tab,
// and per draft for all its tabs, so that a tab left open goes on when the editor is started anew.

const given = () => new URLSearchParams(location.hash.slice(1)).get("token");
const draftOf = token => token.split(".")[0];

function takeToken() {
  const token = given();
  if (!token) return;
  const isOther = sessionStorage.token && draftOf(sessionStorage.token) !== draftOf(token);
  sessionStorage.token = token;
  localStorage.setItem(`token ${draftOf(token)}`, token);
  history.replaceState(null, "", location.pathname);
  if (isOther) location.reload();
}

takeToken();
addEventListener("hashchange", takeToken);

function token() {
  const own = sessionStorage.token ?? "";
  return localStorage.getItem(`token ${draftOf(own)}`) ?? own;
}

/** The answer to a request; `data` are sent as JSON. Rejects where the server cannot be reached. */
export function ask(path, data) {
  const headers = { Authorization: `Bearer ${token()}` };
  if (data === undefined) return fetch(path, { headers });
  return fetch(path, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(data) });
}

/** What the server says at a path. Throws an `Error` with its message where it refuses. */
export async function get(path) {
  const answer = await ask(path);
  if (!answer.ok) throw new Refusal(await messageOf(answer));
  return answer.json();
}

/** The server is there and says no. */
export class Refusal extends Error {}

export async function messageOf(answer) {
  try {
    return (await answer.json()).message;
  } catch {
    return answer.statusText;
  }
}
