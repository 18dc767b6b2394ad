import json
import subprocess
import sys

from mock_alohub.load.limits import raised_file_limit

PROBE = """
import json, resource
from mock_alohub.load.limits import raised_file_limit
print(json.dumps([raised_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


def test_the_soft_limit_of_open_files_becomes_the_hard_one() -> None:
    said = subprocess.check_output(
        ["sh", "-c", 'ulimit -Sn 200; ulimit -Hn 300; exec "$@"', "sh", sys.executable, "-c", PROBE]
    )
    assert json.loads(said) == [300, 300, 300]


def test_it_can_be_asked_again() -> None:
    assert raised_file_limit() == raised_file_limit()
