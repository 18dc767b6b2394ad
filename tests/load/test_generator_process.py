"""The generator as a child: small programs in its place."""

from __future__ import annotations

import queue
import sys

from mock_alohub.load.generator_process import GeneratorProcess
from mock_alohub.load.protocol import Died, Gone, Message, Say, Stop

_ECHO = "import sys\nfor line in sys.stdin: print(line.strip(), flush=True)"


def started(program: str) -> tuple[GeneratorProcess, queue.SimpleQueue[Message]]:
    news: queue.SimpleQueue[Message] = queue.SimpleQueue()
    return GeneratorProcess(news.put, command=(sys.executable, "-c", program)), news


def test_orders_go_in_and_news_come_out_in_order() -> None:
    child, news = started(_ECHO)
    for number in range(50):
        child.tell(Gone(number))
    assert [news.get(timeout=120) for _ in range(50)] == [Gone(number) for number in range(50)]
    child.close()


def test_it_ends_with_its_input_and_says_so_last() -> None:
    child, news = started(_ECHO)
    alive = [child.alive]
    child.close(within_s=20)
    assert [*alive, child.alive] == [True, False]
    assert news.get(timeout=120) == Died(0, "")


def test_what_it_said_before_it_died_is_kept() -> None:
    child, news = started("import sys; print('a stray line'); sys.exit('no such webhook')")
    died = news.get(timeout=120)
    assert isinstance(died, Died)
    assert died.exit_code == 1
    assert "a stray line" in died.said
    assert "no such webhook" in died.said
    child.tell(Stop())
    child.close()


def test_one_that_does_not_leave_is_ended() -> None:
    child, news = started('import time\nprint(\'{"say": {"sentence": ""}}\', flush=True)\ntime.sleep(60)')
    assert news.get(timeout=120) == Say("")
    child.close(within_s=0.1)
    assert news.get(timeout=120) == Died(-9, "")
