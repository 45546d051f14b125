// A client in another language, on types made from the contract: it compiles, and what the server
// answers is what the types say. Usage: node generated/client.js <url> <username> <password>

import assert from "node:assert/strict";

import type { components, operations } from "./generated/plaza.js";

type Body<Operation extends keyof operations> = operations[Operation] extends {
  requestBody: { content: { "application/json": infer Sent } };
}
  ? Sent
  : never;
type Answer<Operation extends keyof operations, Status extends number> =
  operations[Operation]["responses"] extends Record<
    Status,
    { content: { "application/json": infer Told } }
  >
    ? Told
    : never;
type Problem<Operation extends keyof operations, Status extends number> =
  operations[Operation]["responses"] extends Record<
    Status,
    { content: { "application/problem+json": infer Told } }
  >
    ? Told
    : never;

const [url = "", username = "", password = ""] = process.argv.slice(2);
const headers: Record<string, string> = { "content-type": "application/json" };

async function ask(method: string, path: string, body?: object, more = {}): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers, ...more } };
  if (body !== undefined) init.body = JSON.stringify(body);
  return fetch(url + path, init);
}

async function told<Told>(response: Response, status: number): Promise<Told> {
  assert.equal(response.status, status, await response.clone().text());
  return (await response.json()) as Told;
}

const credentials: Body<"accounts_sessions_login"> = { login: username, password };
const tokens = await told<Answer<"accounts_sessions_login", 200>>(
  await ask("POST", "/v1/auth/login", credentials),
  200,
);
assert.equal(tokens.user.username, username);
headers["authorization"] = `Bearer ${tokens.access_token}`;

const said: Body<"posts_create"> = { content: "first light", tags: ["dawn"] };
const key = { "idempotency-key": crypto.randomUUID() };
const created = await ask("POST", "/v1/posts", said, key);
const post = await told<Answer<"posts_create", 201>>(created, 201);
const visibility: components["schemas"]["Visibility"] = post.visibility;
assert.equal(visibility, "public");

const again = await ask("POST", "/v1/posts", said, key);
assert.equal(again.headers.get("idempotency-replayed"), "true");
assert.equal((await told<Answer<"posts_create", 201>>(again, 201)).id, post.id);

const where = created.headers.get("location") ?? "";
const read = await ask("GET", where);
const tag = read.headers.get("etag") ?? "";
assert.deepEqual(await told<Answer<"posts_get", 200>>(read, 200), post);
assert.equal((await ask("GET", where, undefined, { "if-none-match": tag })).status, 304);

const change: Body<"posts_edit"> = { content: "second light", title: null };
const edited = await ask("PATCH", where, change, { "if-match": tag });
assert.equal((await told<Answer<"posts_edit", 200>>(edited, 200)).version, post.version + 1);
const lost = await ask("PATCH", where, change, { "if-match": tag });
const problem = await told<Problem<"posts_edit", 412>>(lost, 412);
const code: "request.stale_version" = problem.code;
assert.equal(problem.code, code);
assert.equal(problem.version, post.version + 1);

const page = await told<Answer<"posts_by_author", 200>>(
  await ask("GET", `/v1/users/${post.author_id}/posts?limit=1`),
  200,
);
assert.equal(page.items[0]?.id, post.id);
assert.equal((await ask("DELETE", where)).status, 204);
assert.equal((await told<Problem<"posts_get", 404>>(await ask("GET", where), 404)).status, 404);
