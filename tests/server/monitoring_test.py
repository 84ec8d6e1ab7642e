#!/usr/bin/env python3
"""What watches the server: its metrics, the alert rules, and the dashboard on a real Prometheus."""

import http.client
import json
import math
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from livedropsd import ROOT, SECONDS, Client, ServerTest

MONITORING = ROOT / "packaging" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
GUIDE = ROOT / "docs" / "guides" / "server.md"
METRIC = re.compile(r"\b(?:livedrops|process)_[a-z_]+\b")
# A rate needs samples, and the test has little time: so often they are taken.
SCRAPE = "200ms"
WINDOW = "5s"

# On /metrics and on no panel. Each with its reason.
NOT_SHOWN = {
    "livedrops_stock_audited_seq": "how far the audit is, not what it found",
    "livedrops_http_request_seconds_sum": "quantiles are shown",
    "livedrops_http_request_seconds_count": "quantiles are shown",
    "livedrops_notification_delay_seconds_sum": "quantiles are shown",
    "livedrops_notification_delay_seconds_count": "quantiles are shown",
}


def promtool(*arguments, text=""):
    return subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True,
                          timeout=60, check=False)


def dashboard_expressions():
    """(panel, expression) for every question that the dashboard asks."""
    dashboard = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    return [(panel["title"], target["expr"]) for panel in dashboard["panels"]
            for target in panel.get("targets", ())]


def without_variables(expression):
    """As Grafana asks when all servers are chosen and the window is short."""
    return expression.replace("$__rate_interval", WINDOW).replace("$instance", ".*")


class Traffic:
    """A shop in which everything happens that a metric counts; it goes on until it is told not to.
    """

    def __init__(self, shop):
        creator, fan, late = shop.sign_up("creator"), shop.sign_up(), shop.sign_up()
        drop = shop.make_drop(creator, stock=1_000_000)
        empty = shop.make_drop(creator, stock=1)
        fan.post("/follow", {"creatorId": creator.id})
        self.stream = http.client.HTTPConnection(shop.server.public, timeout=SECONDS)
        shop.addCleanup(self.stream.close)
        self.stream.request("GET", f"/events?channel=drop:{drop['dropId']}")
        shop.assertEqual(self.stream.getresponse().status, 200)
        self.turns = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run,
                                       args=(shop, creator, fan, late, drop, empty))
        self.thread.start()
        shop.addCleanup(self.end)

    def run(self, shop, creator, fan, late, drop, empty):
        while not self.ended.is_set():
            shop.order(fan, drop)
            shop.order(late, empty)  # Sold out from the second on.
            for path in ("/products", f"/drops/{drop['dropId']}", f"/products/{drop['prodId']}"):
                fan.get(path)
            creator.get(f"/followers/{creator.id}")
            creator.post(f"/drops/{drop['dropId']}/pause")
            creator.post(f"/drops/{drop['dropId']}/resume")
            self.turns += 1

    def end(self):
        self.ended.set()
        self.thread.join(SECONDS)


class Prometheus:
    """The real one: our configuration, with another address and less time between scrapes."""

    def __init__(self, directory, target):
        with socket.socket() as probe:  # It cannot tell which port it took.
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        config = (MONITORING / "prometheus.yml").read_text(encoding="utf-8")
        for old, new in (('"127.0.0.1:9090"', f'"{target}"'), ("scrape_interval: 5s",
                         f"scrape_interval: {SCRAPE}"), ("- alerts.yml", f"- {ALERTS}")):
            assert config.count(old) == 1, old
            config = config.replace(old, new)
        path = Path(directory, "prometheus.yml")
        path.write_text(config, encoding="utf-8")
        with open(Path(directory, "prometheus.log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/tsdb",
                 f"--web.listen-address={self.address}"], stdout=log, stderr=log)

    def ask(self, what, **query):
        """The answer's data; None while it is starting."""
        url = f"http://{self.address}/api/v1/{what}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            if refused.code == 503:
                return None
            raise AssertionError(f"{query}: {refused.read().decode()}") from refused
        except urllib.error.URLError:
            return None

    def numbers(self, expression):
        """The numbers that the expression has now; a question without an answer has none."""
        data = self.ask("query", query=expression) or {"result": []}
        values = [float(series["value"][1]) for series in data["result"]]
        return [value for value in values if math.isfinite(value)]

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
class Rules(unittest.TestCase):

    def check(self, *arguments):
        done = promtool(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_and_configuration_are_clean(self):
        self.check("check", "rules", str(ALERTS))
        self.check("check", "config", str(MONITORING / "prometheus.yml"))

    def test_every_alert_fires_and_stays_quiet(self):
        cases = Path(__file__).with_name("monitoring_alerts.yml")
        alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
        tested = re.findall(r"- name: (\w+)", cases.read_text(encoding="utf-8"))
        self.assertEqual(alerts, tested)
        self.check("test", "rules", str(cases))


@unittest.skipUnless(shutil.which("promtool") and shutil.which("prometheus"),
                     "prometheus is not installed")
class Monitoring(ServerTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.prometheus = Prometheus(scratch.name, cls.server.internal)
        cls.addClassCleanup(cls.prometheus.end)

    def setUp(self):
        self.traffic = Traffic(self)

    def page(self):
        client = Client(self.server.internal)
        self.addCleanup(client.close)
        return client.get("/metrics").body.decode()

    def wait(self, condition, what):
        """A true value of condition(), which must come soon."""
        deadline = time.monotonic() + SECONDS
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, f"never came: {what}")
            self.traffic.ended.wait(0.05)
        return value

    def test_the_page_is_clean(self):
        self.wait(lambda: self.traffic.turns > 1, "traffic")
        checked = promtool("check", "metrics", text=self.page())
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_every_expression_of_the_dashboard_has_an_answer(self):
        asked = dashboard_expressions()
        self.assertGreater(len(asked), 40)
        for panel, expression in asked:
            self.wait(lambda e=without_variables(expression): self.prometheus.numbers(e),
                      f"{panel}: {expression}")

    def test_every_alert_compares_what_there_is(self):
        """The left side of each comparison has series: a misspelt name would never fire."""
        groups = self.wait(lambda: (self.prometheus.ask("rules") or {}).get("groups"), "rules")
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertEqual(len(rules), ALERTS.read_text(encoding="utf-8").count("- alert:"))
        for rule in rules:
            left = re.fullmatch(r"(?s)(.*) (?:>|==) [\d.]+", rule["query"])[1]
            left = re.sub(r"\[\d+m\]", f"[{WINDOW}]", left)
            if left.startswith("absent("):  # It asks for what is not there.
                left = left.removeprefix("absent(").removesuffix(")")
            self.wait(lambda e=left: self.prometheus.numbers(e), f"{rule['name']}: {left}")

    def test_the_numbers_are_those_of_the_server(self):
        self.wait(lambda: self.prometheus.numbers("livedrops_sockets") == [1.0], "the stream")
        self.wait(lambda: self.prometheus.numbers('up{job="livedrops"}') == [1.0], "up")
        self.assertEqual(self.prometheus.numbers("livedrops_oversold_units"), [0.0])
        self.traffic.end()
        counts = re.findall(r'^livedrops_http_requests_total{route="/order",.*} (\d+)$',
                            self.page(), re.MULTILINE)
        self.assertGreaterEqual(sum(map(float, counts)), 2 * self.traffic.turns)
        counted = 'sum(livedrops_http_requests_total{route="/order"})'
        self.wait(lambda: self.prometheus.numbers(counted) == [sum(map(float, counts))],
                  "all orders are counted")

    def test_every_metric_is_shown(self):
        """On the dashboard, or on the list of those that need not be; the guide names only real
        ones."""
        self.wait(lambda: self.traffic.turns > 1, "traffic")
        families = set(re.findall(r"^# TYPE (\w+)", self.page(), re.MULTILINE))
        samples = set(re.findall(r"^(\w+)[{ ]", self.page(), re.MULTILINE))
        shown = {name for _, expression in dashboard_expressions()
                 for name in METRIC.findall(expression)}
        self.assertEqual(shown - samples, set())
        self.assertEqual(samples - shown, set(NOT_SHOWN))
        named = set(METRIC.findall(GUIDE.read_text(encoding="utf-8")))
        self.assertEqual(named - families - samples, set())


if __name__ == "__main__":
    unittest.main()
