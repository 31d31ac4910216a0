# SPDX-License-Identifier: Apache-2.0
"""The template of the worker processes of one interpreter.

It loads what every task needs once and then forks a process per task, so that a task starts in about a
millisecond. It has one thread and never runs the code of a component itself. What a page of memory costs that is
written to after a fork is most of what a task costs: hence little is imported here, and the wrappers of the
standard library around _signal and _socket are not.

It is started as main(SOCKET, SOURCES). SOCKET is the number of a descriptor, a UNIX socket that keeps the
boundaries of messages. The first message that goes out says who we are. Each one that comes in is a job: "DIGEST
LENGTH MORE", and with it the descriptors of

 - its body: LENGTH bytes of source, and MORE of a JSON object {function, input, env, folder} (or {judge}),
 - a socket of its own, to report on and to be told on,
 - its log.

A job's socket carries "E" and an exception's last line, "R" and a result, "F" and why the job could not be
started, and at last "X" and an exit status or "S" and a signal. What comes in on it asks for the end of the job:
"stop", and the milliseconds between SIGTERM and SIGKILL. If it is closed, nobody waits for the job any more.
When the first socket is closed all jobs are ended, and so is the template.

SOURCES is a folder that keeps the source of each component in a file by its digest, where tracebacks find it.
"""
import os
import sys

if sys.version_info < (3, 9):
    sys.exit('Python components need Python 3.9 or later, and %s is Python %d.%d' % (
        sys.executable, sys.version_info[0], sys.version_info[1]))

import _signal as signal
import _socket
import atexit
import gc
import json
import select
import time
import types

import kf_runtime

try:
    import ctypes
    _prctl = ctypes.CDLL(None).prctl
except (ImportError, OSError, AttributeError):  # A Python that was built without it.
    _prctl = None

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CODES_KEPT = 256
SMALL = 1 << 16  # Bytes: a source or request beyond them is read by the task itself, to keep the template small.
BLIND_MS = 10
MESSAGE_LIMIT = 16384
PATH = []  # Where modules are found, without the first folder.
# What sources begin with is executed once, here.
HEADER = frozenset((
    b'', b'import kfp', b'from kfp import dsl', b'from kfp.dsl import *', b'import kf', b'from kf import dsl',
    b'from kf.dsl import *', b'import kfp as kf', b'import typing', b'from typing import *'))


# ---- in the process of a task ----


def requirement_class():
    """The class that reads requirements: of packaging, of pip, or of the pip that ensurepip carries."""
    try:
        from packaging.requirements import Requirement
        return Requirement
    except ImportError:
        from glob import glob
        from sysconfig import get_config_var, get_path
        bundled = os.path.join(get_path('stdlib'), 'ensurepip', '_bundled')
        sys.path += glob(os.path.join(get_config_var('WHEEL_PKG_DIR') or bundled, 'pip-*.whl'))
        from pip._vendor.packaging.requirements import Requirement
        return Requirement


def satisfied(requirements):
    """Whether all requirements, and what they require in turn, are installed here. False also means unknown."""
    from importlib import metadata
    seen = set()

    def holds(text, extra):
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({'extra': extra}):
            return True
        found = metadata.distribution(requirement.name)
        if requirement.url or not requirement.specifier.contains(found.version, prereleases=True):
            return False
        for wanted in {'', *requirement.extras}:
            if (requirement.name.lower(), wanted) not in seen:
                seen.add((requirement.name.lower(), wanted))
                if not all(holds(inner, wanted) for inner in found.requires or ()):
                    return False
        return True

    try:
        Requirement = requirement_class()
        return all(holds(text, '') for text in requirements)
    except Exception:  # No such distribution, or nothing that could be judged.
        return False


def last_line(error):
    from traceback import format_exception_only
    lines = format_exception_only(type(error), error)
    return (lines[-1] if isinstance(error, SyntaxError) else lines[0]).strip()


def run(request, module, code):
    """Call the component's function. The exit status, and what there is to say if it is not 0."""
    try:
        function = kf_runtime.function_of(kf_runtime.load(module, code), request['function'])
        kf_runtime.Executor(request['input'], function).execute()
        return 0, None
    except SystemExit as error:
        status = error.code
        if status is None or isinstance(status, int):
            status = (status or 0) & 0xff
            return status, f'SystemExit: {status}' if status else None
        print(status, file=sys.stderr)
        return 1, f'SystemExit: {status}'
    except BaseException as error:
        kf_runtime.print_error(error)
        return 1, last_line(error)


def finish():
    """What Python does at its end, without taking everything apart."""
    threading = sys.modules.get('threading')
    ends = [atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush]
    for end in [threading._shutdown, *ends] if threading else ends:
        try:
            end()
        except Exception as error:
            kf_runtime.print_error(error)


def task(request, module, code, reply):
    """The life of a task's process, once it is on its own."""
    for name, value in request['env'].items():
        os.environ[name] = value
    gc.enable()
    status, message = run(request, module, code)
    if message:
        tell(reply, 'E' + message)
    finish()
    return status


# ---- in the template ----


class Job:
    """A process that was forked for a task."""
    __slots__ = ('pid', 'reply', 'end', 'kill_at')

    def __init__(self, pid, reply):
        self.pid = pid
        self.reply = reply
        self.end = -1
        self.kill_at = None


def tell(reply, message):
    try:
        reply.send(message.encode('utf-8', 'replace')[:MESSAGE_LIMIT], _socket.MSG_DONTWAIT)
    except OSError:
        pass


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def family(root):
    """The processes that descend from `root` or are in its session."""
    children, members = {}, {root}
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open(f'/proc/{name}/stat', 'rb') as file:
                parent, _, session = file.read().rpartition(b')')[2].split()[1:4]
        except OSError:
            continue
        children.setdefault(int(parent), []).append(int(name))
        if int(session) == root:
            members.add(int(name))
    todo = list(members)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in members:
                members.add(child)
                todo.append(child)
    return members


def enter(request, module, path):
    """Go where the task is to be, which is cheaper before the fork than after it."""
    folder = request['folder']
    os.chdir(folder)
    sys.path[:] = [folder, *PATH]
    sys.argv = [kf_runtime.__file__, '--function_to_execute', request['function']]
    return kf_runtime.prepare(path, module)


class Template:

    def __init__(self, control, sources):
        self.control = control
        self.number = control.fileno()
        self.sources = sources
        self.codes = {}  # Digest to path, code and header; the one used last is at the end.
        self.modules = {None: None}  # Header to a module that has executed it.
        self.jobs = {}  # By process.
        self.strays = set()  # Other processes that were killed and are to be waited for.
        self.waits = {}  # What is to be done about a descriptor that has something to say.
        self.highest = self.number  # The descriptors that tasks have to close.
        self.pid = os.getpid()
        self.poll = select.poll()
        self.poll.register(self.number, select.POLLIN)
        if _prctl:
            _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self):
        while True:
            for number, _ in self.poll.poll(self.patience()):
                if number != self.number:
                    job = self.waits.get(number)
                    if job and number != job.end:
                        self.asked(job)
                elif not self.take():
                    return
            self.reap()
            self.kill_late()

    def patience(self):
        """Milliseconds until there is something to do even if nobody asks for it."""
        times = [job.kill_at for job in self.jobs.values() if job.kill_at is not None]
        until = max(0, (min(times) - time.monotonic()) * 1000 + 1) if times else None
        if self.strays or any(job.end < 0 for job in self.jobs.values()):
            return min(BLIND_MS, until or BLIND_MS)
        return until

    def take(self):
        """Start the next job. False once there are to be no more."""
        try:
            message, parts, _, _ = self.control.recvmsg(256, 64, _socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            message = b''
        if not message:
            return False
        data = b''.join([part[2] for part in parts])
        body, reply, log = [int.from_bytes(data[at:at + 4], sys.byteorder) for at in (0, 4, 8)]
        self.highest = max(self.highest, body, reply, log)
        reply = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, reply)
        digest, length, more = message.decode('ascii').split()
        try:
            self.start(digest, body, int(length), int(more), reply, log)
        except OSError as error:
            tell(reply, f'F{error}')
        os.close(body)
        os.close(log)
        return True

    def start(self, digest, body, length, more, reply, log):
        path, code, header = self.code(digest, body, length)
        module = self.modules[header]
        request = None
        if path and more <= SMALL:
            request = json.loads(os.pread(body, more, length))
            module = enter(request, module, path)
        pid = os.fork()
        if pid == 0:
            self.become_task(body, length, more, request, path, module, code, reply, log)
        job = self.jobs[pid] = Job(pid, reply)
        self.wait(reply.fileno(), job)
        try:
            job.end = os.pidfd_open(pid)
            self.wait(job.end, job)
        except (OSError, AttributeError):
            pass  # The kernel has none: we look for the end of jobs from time to time.

    def wait(self, number, job):
        self.waits[number] = job
        self.highest = max(self.highest, number)
        self.poll.register(number, select.POLLIN)

    def forget(self, number):
        if self.waits.pop(number, None):
            self.poll.unregister(number)

    def code(self, digest, body, length):
        """The file of the source, its code and its header; no code if there is none, or the task is to compile."""
        found = self.codes.pop(digest, None)
        if found is None:
            found = (None, None, None) if length == 0 else self.compile(digest, os.pread(body, length, 0))
            if len(self.codes) >= CODES_KEPT:
                del self.codes[next(iter(self.codes))]
        self.codes[digest] = found
        return found

    def compile(self, digest, text):
        path = os.path.join(self.sources, digest[:16], 'ephemeral_component.py')
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            temporary = f'{path}.{self.pid}'
            with open(temporary, 'wb') as file:
                file.write(text)
            os.replace(temporary, path)
        lines = text.split(b'\n')
        count = 0
        while count < len(lines) and lines[count] in HEADER:
            count += 1
        header = b'\n'.join(lines[:count])
        if len(text) > SMALL:
            return path, None, None
        try:
            code = compile(b'\n' * count + b'\n'.join(lines[count:]), path, 'exec', dont_inherit=True)
        except (SyntaxError, ValueError):
            return path, None, None  # The task finds the error again, and reports it.
        if header not in self.modules:
            self.modules[header] = types.ModuleType('ephemeral_component')
            exec(header, self.modules[header].__dict__)
        return path, code, header

    def become_task(self, body, length, more, request, path, module, code, reply, log):
        status = 1
        try:
            os.setsid()
            # It does not outlive this template, which may end before it could say anything of it.
            if _prctl:
                _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self.pid:
                return
            tell(reply, f'P{os.getpid()}')
            if request is None:
                request = json.loads(os.pread(body, more, length))
                module = enter(request, module, path) if path else None
            os.dup2(log, 1)
            os.dup2(log, 2)
            number = reply.fileno()
            os.closerange(3, number)
            os.closerange(number + 1, self.highest + 1)
            if 'judge' in request:
                tell(reply, 'R1' if satisfied(request['judge']) else 'R0')
                status = 0
            else:
                status = task(request, module, code, reply)
        except BaseException as error:
            kf_runtime.print_error(error)
            tell(reply, 'E' + last_line(error))
        finally:
            os._exit(status)

    def asked(self, job):
        """A job is told to stop, or nobody waits for it."""
        try:
            message = job.reply.recv(64, _socket.MSG_DONTWAIT)
        except OSError:
            message = b''
        if not message:
            self.forget(job.reply.fileno())
        grace = int(message.split()[1]) / 1000 if message.startswith(b'stop') else 0
        if job.kill_at is None and grace:
            signal_all(family(job.pid), signal.SIGTERM)
        job.kill_at = time.monotonic() + grace

    def kill_late(self):
        now = time.monotonic()
        for job in self.jobs.values():
            if job.kill_at is not None and job.kill_at <= now:
                signal_all(family(job.pid), signal.SIGKILL)
                job.kill_at = now + 1

    def reap(self):
        """Report the jobs that have ended, and end what they left behind."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                self.strays.clear()
                return
            if ended is None:
                return
            job = self.jobs.pop(ended.si_pid, None)
            if job:
                try:
                    # While its process is not waited for, nobody else can get its number.
                    os.killpg(job.pid, signal.SIGKILL)
                except OSError:
                    pass
            os.waitpid(ended.si_pid, 0)
            self.strays.discard(ended.si_pid)
            if job:
                self.end_orphans(job.pid)
                tell(job.reply, f'{"X" if ended.si_code == os.CLD_EXITED else "S"}{ended.si_status}')
                self.forget(job.reply.fileno())
                job.reply.close()
                if job.end >= 0:
                    self.forget(job.end)
                    os.close(job.end)

    def end_orphans(self, ended):
        """End the processes that have become ours, as those between have ended, and are no running job's."""
        try:
            with open(f'/proc/self/task/{self.pid}/children', 'rb') as file:
                ours = [int(pid) for pid in file.read().split()]
        except OSError:
            return
        for pid in ours:
            try:
                if pid not in self.jobs and (not self.jobs or os.getsid(pid) == ended):
                    signal_all(family(pid), signal.SIGKILL)
                    self.strays.add(pid)
            except OSError:
                pass

    def end(self):
        self.poll.unregister(self.number)
        for job in self.jobs.values():
            signal_all(family(job.pid), signal.SIGKILL)
        while self.jobs:
            self.poll.poll(1000)
            self.reap()
        self.end_orphans(0)


def main(control, sources):
    """Serve until the socket is closed."""
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    PATH[:] = sys.path[1:]
    os.set_inheritable(control, False)
    kf_runtime.__file__ = os.path.abspath(kf_runtime.__file__)
    # Processes that multiprocessing spawns load the runtime, as this one did.
    sys.modules['__main__'] = types.ModuleType('__main__')
    sys.modules['__main__'].__file__ = kf_runtime.__file__
    if sys.prefix != sys.base_prefix:
        os.environ['VIRTUAL_ENV'] = sys.prefix
        os.environ['PATH'] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get('PATH', os.defpath)
    os.environ['_KFP_RUNTIME'] = 'true'
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding='utf-8', errors='backslashreplace', line_buffering=True)
    template = Template(_socket.socket(fileno=control), sources)
    identity = {'version': sys.version, 'executable': sys.executable, 'prefix': sys.prefix}
    template.control.send(json.dumps(identity).encode())
    gc.collect()
    gc.disable()
    gc.freeze()
    template.serve()
    template.end()
    os._exit(0)
