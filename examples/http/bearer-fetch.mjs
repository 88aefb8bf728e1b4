/**
 * `fetch` with a token that is replaced once where it is refused with 401. Requests that need a new
 * token at the same time share one. Without `newToken` a 401 is the answer; where it fails, the error
 * is a `NoNewToken`.
 */
export function bearerFetch(newToken, token) {
  let current = token && Promise.resolve(token);

  const send = async (request, bearer) => {
    // A body can be read once, so the request that may be sent again is kept.
    const sent = request.clone();
    sent.headers.set('Authorization', `Bearer ${bearer}`);
    return fetch(sent);
  };
  const renewed = () => {
    const asked = newToken();
    // A failure is for those who wait for it; the next one asks anew.
    asked.catch(() => { if (current === asked) current = undefined; });
    return asked;
  };

  return async (...what) => {
    const request = new Request(...what);
    const used = (current ??= renewed());
    const answer = await send(request, await used);
    if (answer.status !== 401 || !newToken || isFromElsewhere(answer, request)) return answer;
    if (current === used) current = undefined;
    current ??= renewed();
    const fresh = await current.catch((cause) => { throw new NoNewToken(cause, answer); });
    await answer.body?.cancel();
    return send(request, fresh);
  };
}

/** There is no other token for the one that was `refused` with this answer. */
export class NoNewToken extends Error {
  constructor(cause, refused) {
    super(cause.message, { cause });
    this.refused = refused;
  }
}

/** `fetch` sends no token after a redirect to another origin: a 401 from there is about none of ours. */
function isFromElsewhere(answer, request) {
  return answer.redirected && new URL(answer.url).origin !== new URL(request.url).origin;
}
