#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Serves a folder on 127.0.0.1, until Ctrl-C ends it.

    tools/serve.py FOLDER PORT

With port 0 the system chooses a port that is free. The first line of the output is the address.
"""

import errno
import functools
import http.server
import sys


def reason(error, port):
    """Why the server could not start, and what the user can do."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; PORT={port + 1 if port < 65535 else 8000} names another"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} is not for every user; PORT=8000 names another"
    return f"port {port}: {error.strerror}"


def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        print(reason(error, port), file=sys.stderr)
        return 1
    print(f"http://127.0.0.1:{server.server_port}/; Ctrl-C ends it", flush=True)
    try:
        with server:
            server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
