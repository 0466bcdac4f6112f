"""Runs a command in a pseudo-terminal and takes the time: pty-meter.py PLAN, a JSON object.

command, rows, columns, seconds (then it is hung up)
keys      [[second, text], ...]
marker    the first output that holds it answers a key
wanted    texts to wait for; ends when all of them have been seen and `untilWanted` is true
stall     [second, second]: nothing is read between them
resize    [[second, rows, columns], ...]
signals   [[second, name], ...], to the command
Prints one JSON object; every time is in milliseconds since the command was started.
"""
import errno
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

plan = json.loads(sys.argv[1])
marker = plan.get('marker', '').encode()
wanted = {text: None for text in plan.get('wanted', [])}
stall = plan.get('stall')
acts = sorted(
    [(at, 'key', text) for at, text in plan.get('keys', [])]
    + [(at, 'resize', (rows, columns)) for at, rows, columns in plan.get('resize', [])]
    + [(at, 'signal', name) for at, name in plan.get('signals', [])],
    key=lambda act: act[0],
)


def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


start = time.monotonic()
pid, screen = pty.fork()
if pid == 0:
    size(0, plan['rows'], plan['columns'])
    os.execvp(plan['command'][0], plan['command'])
os.set_blocking(screen, False)

now = lambda: time.monotonic() - start
reads = []
answers = []
sent_at = None
raw = b''
tail = b''
typed = b''
ended = False

while now() < plan['seconds']:
    while acts and acts[0][0] <= now():
        _, kind, what = acts.pop(0)
        if kind == 'resize':
            size(screen, *what)
        elif kind == 'signal':
            os.kill(pid, getattr(signal, what))
        else:
            if sent_at is not None:
                answers.append(None)
            sent_at = now() if marker else None
            tail = b''
            typed += what.encode()
            try:
                typed = typed[os.write(screen, typed):]
            except BlockingIOError:
                pass
    if plan.get('untilWanted') and all(at is not None for at in wanted.values()):
        break
    resting = stall is not None and stall[0] <= now() < stall[1]
    rest = min([plan['seconds'] - now()] + [act[0] - now() for act in acts[:1]] + ([stall[1] - now()] if resting else []))
    if stall is not None and now() < stall[0]:
        rest = min(rest, stall[0] - now())
    ready, _, _ = select.select([] if resting else [screen], [], [], max(0, rest))
    if not ready:
        continue
    try:
        drawn = os.read(screen, 1 << 18)
    except BlockingIOError:
        continue
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        drawn = b''
    at = now()
    if drawn == b'':
        ended = True
        break
    reads.append([round(at * 1000, 3), len(drawn)])
    if sent_at is not None:
        # A glyph may come in two pieces.
        tail = (tail + drawn)[-4096:]
        if marker in tail:
            answers.append((at - sent_at) * 1000)
            sent_at = None
    if any(seen is None for seen in wanted.values()):
        raw += drawn
        for text, seen in wanted.items():
            if seen is None and text.encode() in raw:
                wanted[text] = at * 1000

if not ended:
    os.kill(pid, signal.SIGHUP)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        try:
            os.read(screen, 1 << 18)
        except OSError:
            pass
        time.sleep(0.005)
    else:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
else:
    _, status = os.waitpid(pid, 0)
finished = now()
json.dump(
    {
        'exit': os.waitstatus_to_exitcode(status),
        'ended': finished * 1000,
        'wanted': wanted,
        'reads': reads,
        'answers': answers,
    },
    sys.stdout,
)
