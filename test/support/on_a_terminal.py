"""Runs a command on a terminal of 80 by 24: what it shows goes to stdout, each line of stdin is typed.

    python3 on_a_terminal.py COMMAND ARG...

A line `^C` is typed as ctrl-c. The exit code is the command's; 128 and the signal's number when one ended it.
"""

import fcntl, os, pty, select, struct, sys, termios

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [terminal, 0]
while terminal in sources:
    for ready in select.select(sources, [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:  # Linux says EIO when the last one with the terminal open has gone.
            data = b""
        if not data:
            sources.remove(ready)
        elif ready == terminal:
            os.write(1, data)
        else:
            os.write(terminal, data.replace(b"^C\n", b"\x03"))
status = os.waitpid(child, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
