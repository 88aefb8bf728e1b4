#!/usr/bin/env python3
"""`python_requests.py /headers`: GET with requests; see README.md for the variables."""

import os
import sys
import threading

import requests


class BearerAuth(requests.auth.AuthBase):
    """Sends a token, and replaces it once where it is refused with 401.

    One object serves all threads: they share the token, and the request for a new one. Without
    `new_token` a 401 is the answer; an error of it has that answer as `refused`.
    """

    def __init__(self, new_token=None, token=None):
        self._new_token = new_token
        self._token = token
        self._lock = threading.Lock()

    def __call__(self, request):
        token = self._other_than(None)
        request.headers["Authorization"] = f"Bearer {token}"
        request.register_hook("response", lambda answer, **how: self._again(answer, token, **how))
        return request

    def _again(self, answer, refused, **how):
        # This is called for a redirected request too, and requests sends no token to another host:
        # a 401 from there is about no token of ours, and a new one must not go there either.
        sent = answer.request.headers.get("Authorization")
        if answer.status_code != 401 or sent != f"Bearer {refused}" or self._new_token is None:
            return answer
        # Reading the answer to its end gives its connection back.
        answer.content
        try:
            token = self._other_than(refused)
        except Exception as error:
            error.refused = answer
            raise
        request = answer.request.copy()
        request.headers["Authorization"] = f"Bearer {token}"
        # A hook is not called for this one: a second 401 is the answer.
        again = answer.connection.send(request, **how)
        again.history.append(answer)
        return again

    def _other_than(self, refused):
        with self._lock:
            if self._token == refused:
                self._token = self._new_token()
            return self._token


class NoToken(Exception):
    """Why there is no token, in the issuer's words where it has said something."""


def new_token():
    """The grant of machines (RFC 6749 §4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": variable("CLIENT_ID"),
        "client_secret": variable("CLIENT_SECRET"),
        "audience": variable("AUDIENCE"),
        "resource": variable("AUDIENCE"),
        "scope": os.environ.get("SCOPE"),
    }
    # A redirect would take the secret along.
    url = variable("TOKEN_URL")
    answer = requests.post(url, data=form, timeout=10, allow_redirects=False)
    if answer.status_code != 200:
        raise NoToken(f"no token: {answer.status_code} {answer.text}")
    return answer.json()["access_token"]


def variable(name):
    value = os.environ.get(name)
    if not value:
        raise NoToken(f"no token: {name} is not set")
    return value


def show(answer):
    """The body on stdout; on stderr the status and the challenge of a refusal."""
    print(answer.text)
    if answer.ok:
        return 0
    print(f"HTTP {answer.status_code} {answer.reason}", file=sys.stderr)
    if challenge := answer.headers.get("WWW-Authenticate"):
        print(f"WWW-Authenticate: {challenge}", file=sys.stderr)
    return 1


def main():
    api = os.environ.get("API", "http://127.0.0.1:8000")
    path = sys.argv[1] if len(sys.argv) > 1 else "/headers"
    token = os.environ.get("TOKEN") or None
    # With a token, and nowhere to ask for another, a refusal is the answer.
    renewal = None if token and not os.environ.get("TOKEN_URL") else new_token
    try:
        with requests.Session() as session:
            session.auth = BearerAuth(renewal, token)
            answer = session.get(api + path, timeout=10)
    except (NoToken, requests.RequestException) as error:
        refused = getattr(error, "refused", None)
        if refused is not None:
            show(refused)
        sys.exit(str(error))
    return show(answer)


if __name__ == "__main__":
    sys.exit(main())
