"""Small hostile programs, one an attack. Each runs as the researcher's script in the sandbox.

A program that gets what it wants ends normally; one that is stopped raises. ``@name@`` stands for
what the test prepared outside: decoy processes, listeners, files. Nothing here reaches beyond
decoys: where a wall missing would let real harm through, the program only opens what it could use.
"""

PRELUDE = """
import ctypes, errno, json, os, platform, signal, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def read(path):
    with open(path, 'rb') as file:
        assert file.read(1)
def write(path):
    with open(path, 'wb') as file:
        file.write(b'planted')
def expect(truth):
    if not truth:
        raise RuntimeError('the attack got nothing')
"""

# System calls by number (x86_64); on other machines these programs would test something else.
ATTACKS = {
    # files of the host
    "write to the root folder": "write('/planted')",
    "write to /usr": "write('/usr/planted')",
    "write to /etc": "write('/etc/planted')",
    "write to /dev": "write('/dev/planted')",
    "write to the packages": "write('/packages/planted.py')",
    "plant a .pth": "write('/packages/planted.pth')",
    "plant a sitecustomize": "write(os.path.join(sys.prefix, 'lib', 'sitecustomize.py'))",
    "write to the inputs": "write('/in/planted')",
    "change an input": "os.chmod('/in/people.csv', 0o666); write('/in/people.csv')",
    "read /etc/shadow": "read('/etc/shadow')",
    "list /root": "expect(set(os.listdir('/root')) - {'.pyenv'})",
    "read a secret of the host": "read(@secret@)",
    "read the project": "read(@project@)",
    "read a world-readable host file": "read(@readable@)",
    "write where the host's /tmp is": "expect(@marker@ in os.listdir('/tmp'))",
    "see the host's /tmp by mount": "expect('/home' in [l.split()[1] for l in open('/proc/mounts')])",
    "read kernel addresses": "expect(open('/proc/kallsyms').read(1))",
    "read another's environment": "read(f'/proc/{@decoy@}/environ')",
    "set a kernel parameter": "os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)",
    "climb out by the first process's root": "expect('home' in os.listdir('/proc/1/root'))",
    "climb out by the first process's folder": "expect('home' in os.listdir('/proc/1/cwd/..'))",
    "write over the interpreter": "os.open('/proc/self/exe', os.O_WRONLY)",
    "read the kernel's memory": "read('/proc/kcore')",
    "read physical memory": "read('/dev/mem')",
    "be spared when memory runs out": """
with open('/proc/self/oom_score_adj', 'w') as file:
    file.write('-1000')
""",
    "map itself to another user": """
with open('/proc/self/uid_map', 'w') as file:
    file.write('0 0 1')
""",
    "trigger sysrq": "os.open('/proc/sysrq-trigger', os.O_WRONLY)",
    "make a device": "os.mknod('/tmp/sda', 0o060600, os.makedev(8, 0)); read('/tmp/sda')",
    "open a disk": "expect([n for n in os.listdir('/dev') if n.startswith(('sd', 'vd', 'nvme'))])",
    # secrets of the platform's process
    "see the platform's environment": "expect('CASEMATE_DECOY_SECRET' in os.environ)",
    "find an open file of ours": """
import stat
held = [fd for fd in range(3, 1024) if os.path.exists(f'/proc/self/fd/{fd}')]
expect([fd for fd in held if os.readlink(f'/proc/self/fd/{fd}').startswith(('/', 'pipe'))])
""",
    # network
    "TCP to the host": "socket.create_connection(('127.0.0.1', @tcp@), timeout=1)",
    "TCP over IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "UDP to the host": """
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', @udp@))
""",
    "listen on its own loopback": "socket.socket().bind(('127.0.0.1', 0))",
    "raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "packet socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "kernel crypto socket": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "vsock to the hypervisor": "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "family with high bits set": "call(41, ctypes.c_ulong((1 << 32) | 2), 1, 0)",
    "abstract unix socket of the host": """
s = socket.socket(socket.AF_UNIX)
s.connect('\\0' + @abstract@)
""",
    "unix socket of the host": "socket.socket(socket.AF_UNIX).connect(@unix@)",
    "resolve a name": "socket.getaddrinfo('localhost.localdomain', 80)",
    # other processes
    "see the host's processes": "expect(len([n for n in os.listdir('/proc') if n.isdigit()]) > 2)",
    "kill a process of the host": "os.kill(@decoy@, signal.SIGKILL)",
    "kill everything": """
me = os.getpid()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.kill(1, signal.SIGKILL)
time.sleep(0.2)
expect(not os.path.exists('/proc/1'))
""",
    "ptrace its child": """
pid = os.fork()
if pid == 0:
    time.sleep(2); os._exit(0)
call(101, 16, pid, 0, 0)
""",
    "ptrace the first process": "call(101, 16, 1, 0, 0)",
    "read another process's memory": "call(310, 1, 0, 0, 0, 0, 0)",
    "take another process's descriptor": "call(438, os.pidfd_open(1), 0, 0)",
    # namespaces, mounts, privileges
    "new user namespace": "call(272, 0x10000000)",
    "new user namespace by clone": "call(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "new user namespace by clone3": "call(435, struct.pack('11Q', 0x10000000, *[0] * 3, 17, *[0] * 6), 88)",
    "unshare -U": "subprocess.run(['unshare', '-U', 'true'], check=True)",
    "enter a namespace": "call(308, os.open('/proc/1/ns/mnt', os.O_RDONLY), 0)",
    "mount": "call(165, b'tmpfs', b'/tmp', b'tmpfs', 0, 0)",
    "mount by the new calls": "call(430, b'tmpfs', 0)",
    "unmount": "call(166, b'/in/people.csv', 2)",
    "make the root writable": "call(165, 0, b'/', 0, 0x20 | 0x1000, 0); write('/planted')",
    "pivot_root": "call(155, b'/tmp', b'/tmp')",
    "chroot": "os.chroot('/tmp')",
    "become root": "os.setuid(0)",
    "become another user": "os.setresuid(65534, 65534, 65534)",
    "have capabilities": """
caps = [l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapPrm', 'CapBnd'))]
expect(any(int(c, 16) for c in caps))
""",
    "setuid program": "subprocess.run(['su', '-c', 'true'], check=True, stdin=subprocess.DEVNULL)",
    "sudo": "subprocess.run(['mount', '--bind', '/usr', '/tmp'], check=True)",
    # kernel surface
    "bpf": "call(321, 0, 0, 0)",
    "io_uring": "call(425, 8, ctypes.create_string_buffer(120))",
    "keyring": "call(248, b'user', b'decoy', b'x', 1, -3)",
    "keyctl": "call(250, 0, -3, 1)",
    "perf": "call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "userfaultfd": "call(323, 1)",
    "kexec": "call(246, 0, 0, 0, 0)",
    "load a module": "call(175, b'', 0, b'')",
    "open by handle": "call(304, -100, ctypes.create_string_buffer(136), 0)",
    "set the clock": "time.clock_settime(time.CLOCK_REALTIME, time.time())",
    "change personality": "call(135, 0x0040000)",
    "hidden memory by memfd": "os.memfd_create('hoard')",
    "hidden memory by System V": "call(29, 0, 1 << 20, 0o1600)",
    "message queues": "call(68, 0, 0o1600)",
    "new kernel calls": "call(999)",
    "32-bit call": """
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex('b814000000cd80c3'))  # getpid by the 32-bit table: another filter, or none
at = ctypes.addressof(ctypes.c_char.from_buffer(code))
expect(ctypes.CFUNCTYPE(ctypes.c_int)(at)() > 0)
""",
    # terminal
    "type into the terminal": """
import fcntl
fd = os.open('/dev/tty', os.O_RDWR)
fcntl.ioctl(fd, 0x5412, b'x')
""",
    "type into a terminal of its own": """
import fcntl, pty
leader, follower = pty.openpty()
fcntl.ioctl(follower, 0x5412, b'x')
""",
    # limits are not to be raised again
    "raise a limit": """
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1, hard + 1))
""",
    "leave a core dump": """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
""",
    "fill a file beyond /tmp's size": """
with open('/tmp/big', 'wb') as file:
    for _ in range(64):
        file.write(bytes(1 << 20))
""",
    "fill /dev/shm": """
with open('/dev/shm/big', 'wb') as file:
    for _ in range(128):
        file.write(bytes(1 << 20))
""",
    "a sparse giant in /out": "os.truncate(os.open('/out/giant', os.O_CREAT | os.O_RDWR), 10 << 40)",
    "many open files": "kept = [open('/dev/null') for _ in range(2000)]",
}


def program(attack: str, **outside: object) -> bytes:
    """The attack as a script; ``outside`` gives what each ``@name@`` stands for."""
    body = ATTACKS[attack]
    for name, value in outside.items():
        body = body.replace(f"@{name}@", repr(value))
    return (PRELUDE + body).encode()
