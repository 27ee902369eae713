"""The page of magpie-bench. usage: page_test.py MAGPIE_BENCH [--chromium]

Without a browser: its parts are there, and it refers to nothing outside of itself. With --chromium: a browser shows it
without an error, asks no network for anything, and it fits a phone. Ends with status 77 where there is no chromium.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
VOID = {"meta", "link", "br", "input", "line", "rect", "path", "circle"}
OPTIONAL = {"td", "th", "tr", "li"}  # HTML lets one leave out their ends


class Page(HTMLParser):
    """Counts elements, and checks that they are closed in the order in which they were opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.wrong = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))

    def all(self, tag, **attributes):
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in attributes.items())]


class Report(unittest.TestCase):
    driver = None
    chromium = None

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = Path(holder.name)
        driver = shutil.copy(cls.driver, cls.folder / "magpie-bench")
        for kind in ("magpie", "good", "slow", "much-slower", "serial", "crash"):
            (cls.folder / f"magpie-bench-{kind}").symlink_to(HERE / "fake_runner.py")
        subprocess.run([driver, "run", "--repeat", "2", "--out", cls.folder / "out"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.path = cls.folder / "out/report.html"
        cls.text = cls.path.read_text()
        run = json.loads((cls.folder / "out/run.json").read_text())
        cls.workloads = {w["name"]: w["measure"] for w in run["workloads"]}


class Parts(Report):
    def setUp(self):
        self.page = Page(self.text)

    def test_is_well_formed(self):
        self.assertEqual(self.page.wrong, [])
        self.assertEqual(self.page.open, [])

    def test_refers_to_nothing_outside(self):
        self.assertEqual(self.page.all("script"), [])
        for tag, attributes in self.page.elements:
            for name in ("src", "href", "xlink:href", "srcset"):
                self.assertRegex(attributes.get(name) or "#", r"^(#|data:,)", tag)
        self.assertNotRegex(self.text, r"@import|url\(|https?://")
        (policy,) = self.page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        self.assertIn("default-src 'none'", policy["content"])

    def test_each_workload_has_its_plots_and_a_table(self):
        for name, measure in self.workloads.items():
            with self.subTest(name):
                card = re.search(rf'<section class="card figure" id="{name.replace("_", "-")}">(.*?)</section>', self.text)
                self.assertIsNotNone(card)
                captions = re.findall("<figcaption>(.*?)</figcaption>", card[1])
                wanted = {"time": ["against threads", "speed-up"], "latency": ["by percentile"]}.get(measure, [])
                for what in ["1 thread", "2 threads", *wanted]:
                    self.assertTrue(any(what in c for c in captions), f"{what}: {captions}")
                self.assertEqual(card[1].count("<details>"), 1)

    def test_each_plot_has_a_name(self):
        plots = self.page.all("svg")
        self.assertGreater(len(plots), 30)
        for plot in plots:
            self.assertEqual(plot.get("role"), "img")
            self.assertTrue(plot.get("aria-label"))

    def test_shows_what_is_missing_and_what_failed(self):
        self.assertIn("no such feature: slow cannot do this", self.text)
        self.assertIn('class="absent">no such feature', self.text)
        self.assertIn("Segmentation fault", self.text)
        self.assertIn('class="failed">crashed', self.text)

    def test_text_of_runners_is_escaped(self):
        self.assertIn("A &lt;fake&gt; &amp; its friends", self.text)

    def test_no_number_went_wrong(self):
        self.assertNotRegex(self.text, r"[\"> ](-?nan|-?inf)\b")


class Browser(Report):
    FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--enable-logging=stderr"]

    def show(self, path, *flags):
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run([self.chromium, *self.FLAGS, f"--user-data-dir={profile}", *flags, f"file://{path}"],
                                  text=True, capture_output=True, timeout=500, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_shows_all_plots_without_an_error(self):
        done = self.show(self.path, "--dump-dom")
        self.assertEqual(done.stdout.count("<svg"), self.text.count("<svg"))
        self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [])

    def hosts_asked(self, path):
        log = self.folder / "net.json"
        self.show(path, f"--log-net-log={log}", "--dump-dom")
        # One event a line. What the browser asks for by itself, whatever it shows, has no origin.
        asked = [line for line in log.read_text().splitlines() if '"initiator":' in line and '"not an origin"' not in line]
        return set(re.findall(r'"url":"https?://([^"/]*)', "\n".join(asked)))

    def test_asks_no_network_for_anything(self):
        self.assertEqual(self.hosts_asked(self.path), set())
        nosy = self.folder / "nosy.html"
        nosy.write_text('<!doctype html><img src="http://127.0.0.1:9/pixel.png">')
        self.assertEqual(self.hosts_asked(nosy), {"127.0.0.1:9"})

    def test_fits_a_phone_and_a_desk(self):
        # A copy that may run one script, which measures.
        measured = self.folder / "measured.html"
        text = re.sub(r"<meta http-equiv=[^>]*>", "", self.text)
        script = ("<script>document.title='w='+document.documentElement.scrollWidth+' of '+innerWidth+' h='"
                  "+[...document.querySelectorAll('svg.plot')].filter(s=>s.getBoundingClientRect().height<30).length</script>")
        measured.write_text(text.replace("</body>", script + "</body>"))
        for width in (390, 1300):
            done = self.show(measured, f"--window-size={width},900", "--dump-dom")
            found = re.search(r"<title>w=(\d+) of (\d+) h=(\d+)</title>", done.stdout)
            self.assertIsNotNone(found, done.stdout[:500])
            content, window, flat = map(int, found.groups())
            self.assertLessEqual(content, window, f"at {width} it scrolls sideways")
            self.assertEqual(flat, 0, "plots that cannot be seen")

    def test_draws_something(self):
        shot = self.folder / "shot.png"
        self.show(self.path, f"--screenshot={shot}", "--window-size=1300,2000")
        self.assertGreater(shot.stat().st_size, 50_000)
        if "MAGPIE_KEEP_SCREENSHOT" in os.environ:
            shutil.copy(shot, os.environ["MAGPIE_KEEP_SCREENSHOT"])


def main():
    Report.driver = Path(sys.argv[1]).resolve()
    if "--chromium" not in sys.argv:
        return unittest.main(argv=[sys.argv[0], "Parts"], verbosity=2)
    Report.chromium = shutil.which("chromium")
    if Report.chromium is None:
        print("skipped: there is no chromium (Debian: apt-get install chromium)")
        sys.exit(77)
    return unittest.main(argv=[sys.argv[0], "Browser"], verbosity=2)


if __name__ == "__main__":
    main()
