"""Runs a command in a pseudo-terminal: pty-bridge.py ROWS COLUMNS COMMAND...

0 and 1 are the keyboard and the screen. 3 takes `ROWS COLUMNS` lines, and its end hangs up: the process that started us has ended.
4 gives `pid N` and at last `exit N`, negative when a signal ended the command.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


pid, screen = pty.fork()
if pid == 0:
    # Before the command starts, so that it never sees another size.
    size(0, int(sys.argv[1]), int(sys.argv[2]))
    for fd in (3, 4):
        os.close(fd)
    os.execvp(sys.argv[3], sys.argv[3:])

os.write(4, b'pid %d\n' % pid)
os.set_blocking(screen, False)
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
typed = b''
orders = b''
reading = [screen, 0, 3]
hung_up = False

while True:
    ready, writable, _ = select.select(reading, [screen] if typed else [], [])
    if screen in writable:
        try:
            typed = typed[os.write(screen, typed):]
        except BlockingIOError:
            pass
        except OSError:
            typed = b''
    if screen in ready:
        try:
            drawn = os.read(screen, 65536)
        except BlockingIOError:
            drawn = None
        except OSError:
            break
        if drawn == b'':
            break
        if drawn:
            try:
                os.write(1, drawn)
            except BrokenPipeError:
                hung_up = True
                break
    if 0 in ready:
        keys = os.read(0, 65536)
        typed += keys
        if not keys:
            reading.remove(0)
    if 3 in ready:
        order = os.read(3, 4096)
        if not order:
            hung_up = True
            break
        *lines, orders = (orders + order).split(b'\n')
        for line in lines:
            size(screen, *map(int, line.split()))

os.close(screen)
if hung_up:
    end = time.monotonic() + 5
    done = 0
    while done == 0 and time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)
    if done == 0:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
else:
    _, status = os.waitpid(pid, 0)
try:
    os.write(4, b'exit %d\n' % os.waitstatus_to_exitcode(status))
except BrokenPipeError:
    pass
