"""The folder that the sandbox's namespace covers never hides what the job needs."""

import pytest

from casemate.enclave.places import _covered
from casemate.errors import Unavailable


@pytest.mark.parametrize(
    "folders",
    [
        ("/root/python", "/tmp/clone/.venv/lib/python3.11/site-packages"),
        ("/mnt/disk/python", "/srv/venv/lib"),
        ("/opt/python", "/home/me/venv"),
    ],
)
def test_a_folder_is_chosen_that_hides_neither(folders: tuple[str, str]) -> None:
    chosen = _covered(*folders)
    assert not any(folder.startswith(chosen + "/") for folder in folders)


def test_where_all_are_in_the_way_it_says_so() -> None:
    everywhere = [f"{base}/python" for base in ("/mnt", "/media", "/srv", "/opt", "/tmp")]
    with pytest.raises(Unavailable, match="install Python where others can reach it"):
        _covered(*everywhere)
