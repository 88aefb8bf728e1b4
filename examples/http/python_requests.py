#!/usr/bin/env python3
"""`python_requests.py /headers`: GET with requests; see README.md for the variables."""

import os
import sys
import threading

import requests


class BearerAuth(requests.auth.AuthBase):
    """Sends a token, and replaces it once where it is refused with 401.

    One object serves all threads: they share the token, and the request for a new one.
    """

    def __init__(self, new_token, token=None):
        self._new_token = new_token
        self._token = token
        self._lock = threading.Lock()

    def __call__(self, request):
        token = self._other_than(None)
        request.headers["Authorization"] = f"Bearer {token}"
        request.register_hook("response", lambda answer, **how: self._again(answer, token, **how))
        return request

    def _again(self, answer, refused, **how):
        if answer.status_code != 401:
            return answer
        answer.close()
        request = answer.request.copy()
        request.headers["Authorization"] = f"Bearer {self._other_than(refused)}"
        # A hook is not called for this one: a second 401 is the answer.
        again = answer.connection.send(request, **how)
        again.history.append(answer)
        return again

    def _other_than(self, refused):
        with self._lock:
            if self._token == refused:
                self._token = self._new_token()
            return self._token


def new_token():
    """The grant of machines (RFC 6749 §4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "audience": os.environ["AUDIENCE"],
        "resource": os.environ["AUDIENCE"],
        "scope": os.environ.get("SCOPE"),
    }
    answer = requests.post(os.environ["TOKEN_URL"], data=form, timeout=10)
    answer.raise_for_status()
    return answer.json()["access_token"]


def main():
    api = os.environ.get("API", "http://127.0.0.1:8000")
    path = sys.argv[1] if len(sys.argv) > 1 else "/headers"
    with requests.Session() as session:
        session.auth = BearerAuth(new_token, os.environ.get("TOKEN"))
        answer = session.get(api + path, timeout=10)
    print(answer.text)
    return 0 if answer.ok else 1


if __name__ == "__main__":
    sys.exit(main())
