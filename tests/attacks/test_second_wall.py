"""Landlock behind the mounts: what only the second wall refuses shows that it stands."""

import pytest

from casemate.enclave import sandbox

PROBE = b"""
import os
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
told = {
    'read what process 1 was started with': refused(lambda: open('/proc/1/environ')),
    'signal process 1': refused(lambda: os.kill(1, 0)),
    'make a file outside': refused(lambda: open('/casemate.txt', 'w')),
}
work = all((os.listdir('/'), open('/in/script.py').read(), os.listdir('/packages'),
            open('/tmp/a', 'w').write('a'), os.rename('/tmp/a', '/tmp/b') is None,
            open('/dev/null', 'w').write('a'), open('/dev/shm/a', 'w').write('a')))
open('/out/told', 'w').write(','.join(name for name, held in told.items() if not held))
assert work
"""


def test_the_second_wall_refuses_what_the_first_lets_through_and_no_work() -> None:
    standing = {wall.name: wall.available for wall in sandbox.doctor()}
    if not standing["Landlock"]:
        pytest.skip("this kernel has no Landlock with scopes (Linux 6.12): the doctor says so")
    result = sandbox.run(sandbox.Job(script=PROBE), should_stop=lambda: None)
    assert result.ended == "finished", result.stderr
    assert result.outputs[0].data == b""
