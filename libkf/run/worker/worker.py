# SPDX-License-Identifier: Apache-2.0
"""The template of the worker processes of one interpreter: `python worker.py SOCKET SOURCES`.

It loads what every task needs once and then forks a process per task, so that a task starts in about a
millisecond. It has one thread and never runs the code of a component itself.

SOCKET is the number of a descriptor, a UNIX socket that keeps the boundaries of messages. The first message
that goes out says who we are. Each message that comes in is a job: "DIGEST LENGTH" of its source, and with it
the descriptors of

 - its body: LENGTH bytes of source, and then a JSON object {function, input, env, folder} (or {judge}),
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

import atexit
import collections
import gc
import json
import select
import signal
import socket
import threading
import time
import traceback
import types

import kf_runtime

try:
    import ctypes
    _prctl = ctypes.CDLL(None).prctl
except (ImportError, OSError, AttributeError):  # A Python that was built without it.
    _prctl = None

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SOURCES_KEPT = 256
MESSAGE_LIMIT = 16384


# ---- in the process of a task ----


def satisfied(requirements):
    """Whether all requirements, and what they require in turn, are installed here. False also means unknown."""
    from importlib import metadata
    try:
        from packaging.requirements import Requirement
    except ImportError:
        from pip._vendor.packaging.requirements import Requirement
    seen = set()

    def holds(text, extra):
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({'extra': extra}):
            return True
        name = requirement.name.lower().replace('_', '-').replace('.', '-')
        found = metadata.distribution(requirement.name)
        if requirement.url or not requirement.specifier.contains(found.version, prereleases=True):
            return False
        for wanted in {'', *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                if not all(holds(inner, wanted) for inner in found.requires or ()):
                    return False
        return True

    try:
        return all(holds(text, '') for text in requirements)
    except Exception:  # No such distribution, or nothing that could be judged.
        return False


def last_line(error):
    lines = traceback.format_exception_only(type(error), error)
    return (lines[-1] if isinstance(error, SyntaxError) else lines[0]).strip()


def run(body, path, code):
    """Call the component's function. The exit status, and what there is to say if it is not 0."""
    try:
        module = kf_runtime.load(path, code)
        function = kf_runtime.function_of(module, body['function'])
        kf_runtime.Executor(body['input'], function).execute()
        return 0, ''
    except SystemExit as error:
        if error.code is None or error.code == 0:
            return 0, ''
        if isinstance(error.code, int):
            return error.code & 0xff, f'SystemExit: {error.code}'
        print(error.code, file=sys.stderr)
        return 1, f'SystemExit: {error.code}'
    except BaseException as error:
        kf_runtime.print_error(error)
        return 1, last_line(error)


def finish():
    """What Python does at its end, without taking everything apart."""
    for end in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        try:
            end()
        except Exception:
            traceback.print_exc()


def task(body, path, code, reply):
    """The life of a task's process, after the fork."""
    os.environ['KF_TASK_PROCESS'] = str(os.getpid())
    os.environ.update(body['env'])
    os.chdir(body['folder'])
    sys.path[0] = body['folder']
    sys.argv = [kf_runtime.__file__, '--function_to_execute', body['function']]
    # Processes that multiprocessing spawns load the runtime, as this one did.
    sys.modules['__main__'] = types.ModuleType('__main__')
    sys.modules['__main__'].__file__ = kf_runtime.__file__
    gc.enable()
    status, message = run(body, path, code)
    if message:
        reply.send(b'E' + message.encode('utf-8', 'replace')[:MESSAGE_LIMIT])
    finish()
    return status


# ---- in the template ----


class Job:
    """A process that was forked for a task."""
    __slots__ = ('pid', 'reply', 'grace', 'kill_at')

    def __init__(self, pid, reply):
        self.pid = pid
        self.reply = reply
        self.kill_at = None


def tell(reply, message):
    try:
        reply.send(message, socket.MSG_DONTWAIT)
    except OSError:
        pass


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def signal_group(pid, number):
    """Whether there was anybody in the group."""
    try:
        os.killpg(pid, number)
        return True
    except OSError:
        return False


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


class Template:

    def __init__(self, control, sources):
        self.control = control
        self.sources = sources
        self.codes = collections.OrderedDict()  # Digest to path and code, the latest used at the end.
        self.jobs = {}  # By process.
        self.replies = {}  # The same by descriptor of the socket.
        self.pid = os.getpid()
        self.woken, self.wake = os.pipe()
        os.set_blocking(self.wake, False)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.poll.register(self.woken, select.POLLIN)
        if _prctl:
            _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self):
        while True:
            for descriptor, _ in self.poll.poll(self.patience()):
                if descriptor == self.woken:
                    os.read(self.woken, 4096)
                elif descriptor == self.control.fileno():
                    if not self.take():
                        return
                elif descriptor in self.replies:
                    self.asked(self.replies[descriptor])
            self.reap()
            self.kill_late()

    def patience(self):
        """Milliseconds until a job that was told to stop is to be killed."""
        times = [job.kill_at for job in self.jobs.values() if job.kill_at is not None]
        return max(0, (min(times) - time.monotonic()) * 1000 + 1) if times else None

    def take(self):
        """Start the next job. False once there are to be no more."""
        try:
            message, parts, _, _ = self.control.recvmsg(256, 256, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            message = b''
        if not message:
            return False
        data = b''.join(part[2] for part in parts)
        body, reply, log = [
            int.from_bytes(data[at:at + 4], sys.byteorder) for at in range(0, len(data), 4)]
        reply = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, reply)
        digest, length = message.decode('ascii').split()
        try:
            path, code = self.code(digest, body, int(length))
            pid = os.fork()
        except OSError as error:
            tell(reply, f'F{error}'.encode('utf-8', 'replace'))
            pid = -1
        if pid == 0:
            self.become_task(body, int(length), path, code, reply, log)
        os.close(body)
        os.close(log)
        if pid > 0:
            job = self.jobs[pid] = self.replies[reply.fileno()] = Job(pid, reply)
            self.poll.register(job.reply, select.POLLIN)
        return True

    def code(self, digest, body, length):
        """The file of the source and its code; the code is None if it does not compile, or is no source."""
        if length == 0:
            return None, None
        if digest in self.codes:
            self.codes.move_to_end(digest)
            return self.codes[digest]
        text = os.pread(body, length, 0)
        folder = os.path.join(self.sources, digest[:16])
        path = os.path.join(folder, 'ephemeral_component.py')
        if not os.path.exists(path):
            os.makedirs(folder, exist_ok=True)
            temporary = f'{path}.{self.pid}'
            with open(temporary, 'wb') as file:
                file.write(text)
            os.replace(temporary, path)
        try:
            code = compile(text, path, 'exec', dont_inherit=True)
        except (SyntaxError, ValueError):
            code = None  # The task finds the error again, and reports it.
        self.codes[digest] = path, code
        if len(self.codes) > SOURCES_KEPT:
            self.codes.popitem(last=False)
        return path, code

    def become_task(self, body, length, path, code, reply, log):
        status = 1
        try:
            os.setsid()
            if _prctl:
                _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() != self.pid:
                    os._exit(1)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.control.close()
            os.close(self.woken)
            os.close(self.wake)
            for job in self.jobs.values():
                job.reply.close()
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            with open(body, 'rb') as file:
                file.seek(length)
                request = json.loads(file.read())
            if 'judge' in request:
                reply.send(b'R1' if satisfied(request['judge']) else b'R0')
                status = 0
            else:
                status = task(request, path, code, reply)
        except BaseException as error:
            traceback.print_exc()
            tell(reply, b'E' + last_line(error).encode('utf-8', 'replace')[:MESSAGE_LIMIT])
        finally:
            os._exit(status)

    def asked(self, job):
        """A job is told to stop, or nobody waits for it."""
        try:
            message = job.reply.recv(64, socket.MSG_DONTWAIT)
        except OSError:
            message = b''
        if not message:
            self.poll.unregister(job.reply)
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
                return
            if ended is None:
                return
            job = self.jobs.pop(ended.si_pid, None)
            if job:
                # While its process is not waited for, nobody else can get its number.
                signal_group(job.pid, signal.SIGKILL)
            os.waitpid(ended.si_pid, 0)
            if job:
                self.end_orphans(job)
                kind = b'X' if ended.si_code == os.CLD_EXITED else b'S'
                tell(job.reply, kind + str(ended.si_status).encode())
                del self.replies[job.reply.fileno()]
                try:
                    self.poll.unregister(job.reply)
                except KeyError:
                    pass
                job.reply.close()

    def end_orphans(self, job):
        """Kill the processes that have become ours because the job they belong to left them."""
        try:
            with open(f'/proc/self/task/{self.pid}/children') as file:
                orphans = [int(pid) for pid in file.read().split() if int(pid) not in self.jobs]
        except OSError:
            return
        for pid in orphans:
            try:
                with open(f'/proc/{pid}/environ', 'rb') as file:
                    mine = f'KF_TASK_PROCESS={job.pid}'.encode() in file.read().split(b'\0')
                if mine or not self.jobs or os.getsid(pid) == job.pid:
                    signal_all(family(pid), signal.SIGKILL)
            except OSError:
                pass

    def end(self):
        for job in self.jobs.values():
            signal_all(family(job.pid), signal.SIGKILL)
        while self.jobs:
            self.poll.poll(1000)
            self.reap()


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    kf_runtime.__file__ = os.path.abspath(kf_runtime.__file__)
    if sys.prefix != sys.base_prefix:
        os.environ['VIRTUAL_ENV'] = sys.prefix
        os.environ['PATH'] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get('PATH', os.defpath)
    os.environ['_KFP_RUNTIME'] = 'true'
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding='utf-8', errors='backslashreplace', line_buffering=True)
    kf_runtime.log_to_output()
    template = Template(control, sys.argv[2])
    control.send(json.dumps({'version': sys.version, 'executable': sys.executable, 'prefix': sys.prefix}).encode())
    gc.collect()
    gc.disable()
    gc.freeze()
    template.serve()
    template.end()
    os._exit(0)


main()
