"""`chainrule learn` answers, says where, ends on Ctrl-C, and refuses a port that is taken."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

from chainrule.learn.listening import listen

COMMAND = [sys.executable, "-m", "chainrule", "learn", "--no-browser", "--workers", "1", "--port"]


@pytest.mark.slow
def test_it_answers_and_ends_on_interrupt() -> None:
    with subprocess.Popen([*COMMAND, "0"], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.fullmatch(r"chainrule learn: http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", line)
            assert found, line
            connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.status == 200
            assert b'<html lang="en">' in answer.read()
            connection.close()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_a_port_that_is_taken_is_refused_with_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = subprocess.run([*COMMAND, str(port)], capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"error: port {port} of 127.0.0.1 is taken; give another with --port, or 0 for any free one\n"
    )


def test_an_address_of_another_machine_is_refused_with_a_sentence() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1, port 0: "):
        listen("192.0.2.1", 0)
