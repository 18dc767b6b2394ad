"""The generator as a child: small programs in its place."""

from __future__ import annotations

import queue
import sys

from mock_alohub.load.generator_process import GeneratorProcess, News

_ECHO = "import sys\nfor line in sys.stdin: print('{\"beat\": ' + line.strip() + '}', flush=True)"


def started(program: str) -> tuple[GeneratorProcess, queue.SimpleQueue[News]]:
    news: queue.SimpleQueue[News] = queue.SimpleQueue()
    return GeneratorProcess(news.put, command=(sys.executable, "-c", program)), news


def test_orders_go_in_and_news_come_out_in_order() -> None:
    child, news = started(_ECHO)
    for number in range(50):
        child.tell({"n": number})
    assert [news.get(timeout=120) for _ in range(50)] == [{"beat": {"n": number}} for number in range(50)]
    child.close()


def test_it_ends_with_its_input_and_says_so_last() -> None:
    child, news = started(_ECHO)
    alive = [child.alive]
    child.close(within_s=20)
    assert [*alive, child.alive] == [True, False]
    assert news.get(timeout=120) == {"died": {"exit_code": 0, "said": ""}}


def test_what_it_said_before_it_died_is_kept() -> None:
    child, news = started("import sys; print('a stray line'); sys.exit('no such webhook')")
    died = news.get(timeout=120)["died"]
    assert died["exit_code"] == 1
    assert "a stray line" in died["said"]
    assert "no such webhook" in died["said"]
    child.tell({"go": {}})
    child.close()


def test_one_that_does_not_leave_is_ended() -> None:
    child, news = started("import time\nprint('{}', flush=True)\ntime.sleep(60)")
    assert news.get(timeout=120) == {}
    child.close(within_s=0.1)
    assert news.get(timeout=120)["died"]["exit_code"] == -9
