"""The system-call filter: an allow-list, so that what a later kernel adds is refused unread.

What is refused on purpose answers EPERM (EAFNOSUPPORT for network sockets); everything that is on no
list answers ENOSYS, the answer from which C libraries fall back: ``clone3``, whose flags a filter
cannot read, thus becomes ``clone``, whose flags it can. Calls of another architecture kill the process.
"""

import contextlib
import errno
import os
import socket
from functools import cache
from typing import Any

from casemate.errors import Unavailable

FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
    fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr
    flistxattr flock fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lchown lgetxattr link linkat listxattr
    llistxattr lseek lstat mkdir mkdirat newfstatat open openat openat2 pipe pipe2 pread64 preadv
    preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat renameat2
    rmdir sendfile splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate
    umask unlink unlinkat utime utimensat utimes vmsplice write writev
"""
MEMORY = """
    brk cachestat get_mempolicy madvise membarrier mincore mlock mlock2 mlockall mmap mprotect mremap
    msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
"""
PROCESSES = """
    arch_prctl capget execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv
    futex_wake get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups getpgid getpgrp
    getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid ioprio_get
    kill pause pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall rseq rt_sigaction
    rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
    sched_getparam sched_getscheduler sched_setaffinity sched_yield set_robust_list set_thread_area
    set_tid_address setfsgid setfsuid setgid setgroups setpgid setpriority setregid setresgid setresuid
    setreuid setrlimit setsid setuid sigaltstack sysinfo tgkill times tkill uname vfork wait4 waitid
"""
RESTRAINT = """
    landlock_add_rule landlock_create_ruleset landlock_restrict_self
"""
# A process can only take rights from itself with these; our stage does, before the job starts.
TIME = """
    alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
    timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
    timerfd_gettime timerfd_settime
"""
TALK = """
    accept accept4 bind connect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait
    epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 getpeername getrandom getsockname getsockopt
    listen poll ppoll pselect6 recvfrom recvmmsg recvmsg select sendmmsg sendmsg sendto setsockopt
    shutdown signalfd signalfd4
"""
# Named only so that the answer is a plain EPERM; leaving a name out does not open it.
REFUSED = """
    acct add_key bpf capset chroot clock_adjtime clock_settime delete_module fanotify_init
    finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie memfd_create
    memfd_secret migrate_pages mount mount_setattr move_mount move_pages msgget name_to_handle_at
    nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise
    process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key semget setdomainname
    sethostname setns settimeofday shmget swapoff swapon syslog umount umount2 unshare uselib
    userfaultfd vhangup
"""
# memfd_create and System V memory: pages that no size limit of a tmpfs and no process's RSS counts.

_CLONE_NEW_NAMESPACES = 0x7E020000  # NEWNS CGROUP UTS IPC USER PID NET
_S_IFMT, _MKNOD_KINDS = 0o170000, (0o010000, 0o100000, 0)  # FIFO, regular file, default
# An allow-list of whole 64-bit values: TIOCSTI (typing into a terminal) is out even with high bits set.
_IOCTLS = {
    "TCGETS": 0x5401,
    "TCGETS2": 0x802C542A,
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}


@cache
def program() -> bytes:
    """The filter as a BPF program for ``bwrap --seccomp``.

    Raises ``Unavailable`` where libseccomp is missing.
    """
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    for name in f"{FILES} {MEMORY} {PROCESSES} {RESTRAINT} {TIME} {TALK}".split():
        _add(seccomp, rules, seccomp.ALLOW, name)
    for name in REFUSED.split():
        _add(seccomp, rules, seccomp.ERRNO(errno.EPERM), name)
    for name, arguments in _conditional(seccomp):
        _add(seccomp, rules, seccomp.ALLOW, name, *arguments)
    # A search tree in place of a list: the kernel runs the program for each call there is when it is
    # loaded, so its length is paid at every start. An older libseccomp makes a list of it.
    with contextlib.suppress(OSError, ValueError):
        rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)
    no_family = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for name in ("socket", "socketpair"):
        _add(seccomp, rules, no_family, name, seccomp.Arg(0, seccomp.NE, int(socket.AF_UNIX)))
    return _exported(rules)


def _conditional(seccomp: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Calls that are allowed only with the arguments given."""
    equal, masked, argument = seccomp.EQ, seccomp.MASKED_EQ, seccomp.Arg
    allowed = [
        ("clone", (argument(0, masked, _CLONE_NEW_NAMESPACES, 0),)),
        ("socket", (argument(0, equal, int(socket.AF_UNIX)),)),
        ("socketpair", (argument(0, equal, int(socket.AF_UNIX)),)),
        ("personality", (argument(0, equal, 0),)),
        ("personality", (argument(0, equal, 0xFFFFFFFF),)),
    ]
    allowed += [("ioctl", (argument(1, equal, value),)) for value in _IOCTLS.values()]
    for kind in _MKNOD_KINDS:
        allowed.append(("mknod", (argument(1, masked, _S_IFMT, kind),)))
        allowed.append(("mknodat", (argument(2, masked, _S_IFMT, kind),)))
    return allowed


def _library() -> Any:
    try:
        import pyseccomp  # here, not above: it loads libseccomp, which only a sandbox needs
    except (ImportError, OSError, RuntimeError) as failure:
        raise Unavailable(
            f"the sandbox needs libseccomp (Debian package libseccomp2): {failure}"
        ) from failure
    return pyseccomp


def _add(seccomp: Any, rules: Any, action: int, name: str, *arguments: Any) -> None:
    number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
    if number < 0:  # not a call of this architecture, or unknown to this libseccomp: stays refused
        return
    rules.add_rule(action, number, *arguments)


def _exported(rules: Any) -> bytes:
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
