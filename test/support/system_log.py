"""A system log: prints each datagram that comes to the socket, on a line of its own, until its input ends.

    python3 system_log.py SOCKET
"""

import select, socket, sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
print("listening", flush=True)
while True:
    ready = select.select([log, 0], [], [])[0]
    if log in ready:
        print(log.recv(65536).decode().replace("\n", "\\n"), flush=True)
    elif 0 in ready:
        break
