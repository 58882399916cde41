"""Runs a command as systemd runs a service: with a socket to notify, and one that listens already.

    python3 service_manager.py COMMAND ARG...

Prints `port N` first, then `told TEXT` for each message, its line feeds as blanks, and `ended` when
the command has. Lines of stdin: `start` runs it
again, anything else is the name of a signal for it. Ends with its input.
"""

import os, select, signal, socket, sys, tempfile

folder = tempfile.mkdtemp(prefix="seatkeeper-notify-", dir=os.getcwd())
# The command will find its socket there; nothing of ours may be in the way.
os.dup2(0, 3)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(os.path.join(folder, "notify"))
clients = socket.create_server(("127.0.0.1", 0))
child = 0


def start():
    global child
    child = os.fork()
    if child == 0:
        os.dup2(clients.fileno(), 3)
        os.environ.update(
            NOTIFY_SOCKET=notify.getsockname(),
            LISTEN_FDS="1",
            LISTEN_FDNAMES="clients",
            LISTEN_PID=str(os.getpid()),
            WATCHDOG_USEC="200000",
            WATCHDOG_PID=str(os.getpid()),
        )
        os.execvp(sys.argv[1], sys.argv[1:])


def say(*words):
    print(*words, flush=True)


ended, ends = os.pipe()
os.set_inheritable(ended, False)
os.set_blocking(ends, False)
signal.set_wakeup_fd(ends)
signal.signal(signal.SIGCHLD, lambda *_: None)
say("port", clients.getsockname()[1])
start()
rest = b""
while True:
    for ready in select.select([notify, ended, 0], [], [])[0]:
        if ready is notify:
            say("told", notify.recv(4096).decode().replace("\n", " "))
        elif ready == ended:
            os.read(ended, 1)
            if child and os.waitpid(child, os.WNOHANG)[0]:
                child = 0
                say("ended")
        else:
            data = os.read(0, 4096)
            if not data:
                if child:
                    os.kill(child, signal.SIGKILL)
                sys.exit(0)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line == b"start":
                    start()
                else:
                    os.kill(child, getattr(signal, line.decode()))
