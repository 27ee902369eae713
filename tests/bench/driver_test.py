"""magpie-bench against runners that behave and runners that do not. usage: driver_test.py MAGPIE_BENCH [TEST...]"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
DRIVER = None  # set by main


class Bench(unittest.TestCase):
    """A folder with the driver and some runners beside it."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        # A copy: the driver looks for runners where it really is.
        self.driver = shutil.copy(DRIVER, self.folder / "magpie-bench")
        self.children = self.folder / "children"

    def add(self, *kinds):
        for kind in kinds:
            (self.folder / f"magpie-bench-{kind}").symlink_to(HERE / "fake_runner.py")

    def start(self, *arguments, **environment):
        environment = {"FAKE_RUNNER_CHILDREN": str(self.children)} | environment
        return subprocess.Popen([self.driver, *map(str, arguments)], text=True, cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment)

    def call(self, *arguments, status=0, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=600)
        self.assertEqual(process.returncode, status, f"{arguments}:\n{out}\n{err}")
        return out, err

    def run_bench(self, *arguments, out="out", status=0, **environment):
        self.call("run", "--out", out, *arguments, status=status, **environment)
        return json.loads((self.folder / out / "run.json").read_text())


class Good(Bench):
    def test_list_shows_peers_and_workloads(self):
        self.add("good", "serial")
        out, _ = self.call("list")
        self.assertIn("2 peers", out)
        self.assertIn("unheard_of", out)
        self.assertIn("not: serial", out)

    def test_each_round_goes_the_other_way(self):
        self.add("good", "slow")
        run = self.run_bench("--repeat", 3, "--filter", "^(fib|skynet)$")
        order = [[(r["workload"], r["threads"], r["peer"]) for r in run["runs"] if r["round"] == n] for n in range(3)]
        self.assertEqual(len(order[0]), 8)
        self.assertEqual(order[0][:2], [("fib", 1, "good"), ("fib", 1, "slow")])
        self.assertEqual(order[1], order[0][::-1])
        self.assertEqual(order[2], order[0])

    def test_says_what_is_needed_to_believe_it(self):
        self.add("good", "slow")
        run = self.run_bench("--repeat", 1)
        for fact in ("processor", "CPUs", "memory", "kernel"):
            self.assertTrue(run["machine"][fact])
        self.assertEqual(run["peers"][0]["flags"], "-O3")
        self.assertEqual(run["no_such_feature"],
                         [{"workload": "submit_wait_0ms", "peer": "slow", "why": "slow cannot do this"}])

    def test_bars_are_run_on_the_threads_that_they_are_for(self):
        self.add("magpie", "tbb")
        run = self.run_bench("--repeat", 1, "--bars")
        cells = {(r["workload"], r["threads"]) for r in run["runs"]}
        self.assertIn(("fib", 1), cells)
        self.assertIn(("idle_cpu", 2), cells)
        self.assertNotIn(("idle_cpu", 1), cells)
        self.assertNotIn(("unheard_of", 2), cells)

    def test_disturbed_samples_are_set_aside(self):
        self.add("good")
        self.call("run", "--out", "out", "--repeat", 1, "--filter", "fib", "--threads", 1)
        out, _ = self.call("report", "out")
        page = (self.folder / "out/report.html").read_text()
        self.assertIn("<dt>samples set aside</dt><dd>20.0 %</dd>", page)

    def test_peers_filter_threads_and_size_choose(self):
        self.add("good", "slow", "magpie")
        run = self.run_bench("--peers", "Slow,magpie", "--filter", "gather", "--threads", "2", "--size", "full", "--repeat", 1)
        self.assertEqual({(r["workload"], r["threads"], r["peer"]) for r in run["runs"]},
                         {("gather_1000", 2, "slow"), ("gather_1000", 2, "magpie")})
        self.assertEqual(run["size"], "full")

    def test_two_builds_of_a_peer_are_told_apart(self):
        self.add("good")
        other = self.folder / "other"
        other.mkdir()
        (other / "magpie-bench-good").symlink_to(HERE / "fake_runner.py")
        run = self.run_bench("--runners", other, "--filter", "fib", "--threads", 1, "--repeat", 1)
        self.assertEqual([p["id"] for p in run["peers"]], ["good-g++", "good-g++-2"])

    def test_without_time_for_all_the_short_list_is_run(self):
        self.add("good")
        run = self.run_bench("--minutes", 0.07, "--limit", 5)
        self.assertNotIn("idle_cpu", {r["workload"] for r in run["runs"]})
        self.assertIn("idle_cpu", {a["workload"] for a in run["left_out"]})

    def test_stops_when_the_time_is_up_and_says_what_is_missing(self):
        self.add("good", "slow")
        run = self.run_bench("--minutes", 0.03, "--filter", ".", FAKE_RUNNER_SECONDS="0.3")
        self.assertLess(len(run["runs"]), 30)  # two rounds' worth could not fit
        self.assertTrue(all(a["why"].startswith("the time was up") for a in run["left_out"]), run["left_out"])
        self.assertTrue(run["left_out"])


class Text(Bench):
    """The tables that a report puts into a page of text."""

    PAGE = "Before\n<!-- bars: begin -->\nold\n<!-- bars: end -->\nbetween\n<!-- tables: begin -->\n<!-- tables: end -->\nafter\n"

    def report(self, *kinds):
        self.add(*kinds)
        self.run_bench("--repeat", 2, "--filter", "^(fib|skynet|spawn_inside)$")
        page = self.folder / "page.md"
        page.write_text(self.PAGE)
        self.call("report", "out", "--bars", page, "--tables", page)
        return page.read_text()

    def test_replaces_what_is_between_the_marks_and_nothing_else(self):
        text = self.report("magpie", "tbb")
        self.assertTrue(text.startswith("Before\n<!-- bars: begin -->\n"))
        self.assertIn("<!-- bars: end -->\nbetween\n<!-- tables: begin -->", text)
        self.assertTrue(text.endswith("<!-- tables: end -->\nafter\n"))
        self.assertNotIn("old", text)
        page = self.folder / "page.md"
        self.call("report", "out", "--bars", page, "--tables", page)
        self.assertEqual(page.read_text(), text, "a second time changes nothing")

    def test_bars_are_parts_of_tbb_or_values_and_say_whether_they_are_met(self):
        text = self.report("magpie", "tbb", "faster", "serial")
        rows = {tuple(cells[1:3]): cells[3:] for cells in
                ([c.strip() for c in line.split("|")] for line in text.partition("<!-- bars: end -->")[0].splitlines() if line.startswith("|"))}
        bar, value, met, best = rows["fib", "2"][:4]
        self.assertEqual(bar, "0.36 of oneTBB")
        self.assertRegex(value, r"^\*\*0\.\d+\*\* \(0\.\d+ to 0\.\d+\)$")  # half of tbb's
        self.assertRegex(met, r"^no, 1\.[34]\d? times$")
        self.assertRegex(best, r"^Faster 0\.[45]\d+$")
        self.assertEqual(rows["Spawn, inside", "2"][0], "45.0 ns")
        self.assertEqual(rows["Spawn, inside", "2"][2], "yes")
        self.assertEqual(rows["matmul", "2"][1], "not measured")

    def test_tables_have_every_peer_and_say_where_magpie_loses(self):
        text = self.report("magpie", "good", "much-slower", "serial")
        self.assertIn("| | threads | Magpie | Good | Much-slower | Serial |", text)
        self.assertIn("#### Whole programs", text)
        self.assertIn("#### Where magpie loses", text)
        self.assertIn("none", text)  # what serial cannot do
        self.assertNotIn("nan", text)

    def test_a_page_without_marks_stays_as_it_is(self):
        self.add("magpie", "tbb")
        self.run_bench("--repeat", 1, "--filter", "fib")
        page = self.folder / "page.md"
        page.write_text("nothing to see\n")
        _, err = self.call("report", "out", "--bars", page, status=2)
        self.assertIn("<!-- bars: begin -->", err)
        self.assertEqual(page.read_text(), "nothing to see\n")


class Bad(Bench):
    ENDINGS = {
        "wrong": ("wrong", "not the serial one"),
        "crash": ("crashed", "Segmentation fault"),
        "status": ("crashed", "status 7: out of cheese"),
        "nonsense": ("nonsense", "not a JSON object: I am a teapot"),
        "truncated": ("nonsense", "not a JSON object"),
        "empty": ("nonsense", "one line was expected, and 0 came"),
        "babble": ("nonsense", "wrote without end"),
        "negative": ("nonsense", "wall is -1"),
        "other": ("nonsense", "another workload"),
        "usage": ("nonsense", "status 2"),
    }

    def test_each_failure_is_recorded_once_and_disturbs_nobody(self):
        self.add("good", *self.ENDINGS)
        run = self.run_bench("--filter", "fib", "--threads", 1, "--repeat", 2, status=1)
        for kind, (ending, message) in self.ENDINGS.items():
            with self.subTest(kind):
                (only,) = [r for r in run["runs"] if r["peer"] == kind]
                self.assertEqual(only["ending"], ending)
                self.assertIn(message, only["message"])
        self.assertEqual([r["ending"] for r in run["runs"] if r["peer"] == "good"], ["right", "right"])
        page = (self.folder / "out/report.html").read_text()
        self.assertIn("Some runs failed", page)
        self.assertIn("I am a teapot &lt;script&gt;", page)

    def gone(self):
        for pid in map(int, self.children.read_text().split()):
            for _ in range(3000):
                status = Path(f"/proc/{pid}/stat")
                if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
                    break
                time.sleep(0.02)
            else:
                self.fail(f"{pid} still runs")

    def test_what_hangs_is_killed_with_all_it_started(self):
        self.add("good", "hang")
        for limit in (2, 8, 60):  # on a busy machine it may be killed before it has started anything
            run = self.run_bench("--filter", "fib", "--threads", 1, "--repeat", 2, "--limit", limit, status=1)
            (only,) = [r for r in run["runs"] if r["peer"] == "hang"]
            self.assertEqual((only["ending"], only["message"]), ("too_long", f"no answer within {limit} s; killed"))
            if self.children.exists():
                break
        self.gone()

    def test_who_hangs_always_is_left_alone(self):
        self.add("good", "hang")
        run = self.run_bench("--threads", 1, "--repeat", 1, "--limit", 1, status=1)
        self.assertEqual(len([r for r in run["runs"] if r["peer"] == "hang"]), 3)
        self.assertEqual(len([a for a in run["left_out"] if a["peer"] == "hang"]), 6)

    def test_children_that_outlive_a_runner_do_not_hold_it_up(self):
        self.add("orphans")
        run = self.run_bench("--filter", "fib", "--threads", 1, "--repeat", 1, "--limit", 200)
        self.assertEqual(run["runs"][0]["ending"], "right")
        self.gone()

    def test_a_feature_that_is_missing_after_all_is_no_failure(self):
        self.add("good", "lacking")
        run = self.run_bench("--filter", "fib", "--threads", 1, "--repeat", 2)
        self.assertEqual(run["no_such_feature"], [{"workload": "fib", "peer": "lacking", "why": "cannot do this today"}])

    def test_a_runner_without_a_description_is_left_out_aloud(self):
        self.add("good", "mute")
        run = self.run_bench("--filter", "fib", "--repeat", 1, status=1)
        self.assertEqual(run["left_out"][0]["peer"], "magpie-bench-mute")
        self.assertIn("this one describes nothing", run["left_out"][0]["why"])

    def test_ctrl_c_keeps_what_is_measured(self):
        self.add("good")
        log = self.folder / "log"
        process = self.start("run", "--out", "out", "--repeat", 9, FAKE_RUNNER_LOG=str(log))
        while not log.exists() or len(log.read_text().splitlines()) < 4:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=600)
        self.assertEqual(process.returncode, 130)
        run = json.loads((self.folder / "out/run.json").read_text())
        self.assertTrue(run["interrupted"])
        self.assertGreaterEqual(len(run["runs"]), 3)
        self.assertIn(str(self.folder / "out/run.json"), out)
        self.assertIn("Interrupted", (self.folder / "out/report.html").read_text())


class Misuse(Bench):
    def test_says_what_to_do(self):
        self.add("good")
        (self.folder / "empty").mkdir()
        (self.folder / "junk.json").write_text("{}")
        for arguments, words in (
            ([], "subcommand"),
            (["dance"], "--help"),
            (["run", "--filter", "nothing"], "'magpie-bench list' shows them"),
            (["run", "--filter", "("], "not a regular expression"),
            (["run", "--peers", "tbb"], "there is no peer 'tbb'; there are: good"),
            (["run", "--threads", "0"], "0"),
            (["run", "--threads", "77"], "nothing to run"),
            (["run", "--minutes", "-1"], "not a number above 0"),
            (["run", "--repeat", "many"], "--repeat"),
            (["run", "--size", "huge"], "huge"),
            (["run", "--out", "junk.json", "--repeat", "1"], "cannot be made"),
            (["run", "--runners", "nowhere"], "nowhere"),
            (["report", "empty"], "cannot be opened"),
            (["compare", "junk.json", "junk.json"], "not what 'magpie-bench run' writes"),
            (["compare", "absent.json", "junk.json"], "cannot be opened"),
        ):
            with self.subTest(arguments):
                _, err = self.call(*arguments, status=2)
                self.assertIn(words, err)

    def test_without_runners_it_says_how_to_build_them(self):
        _, err = self.call("list", status=2)
        self.assertIn("./dev bench", err)


class Compare(Bench):
    CHOICE = ("--repeat", 2, "--filter", "fib|gather|submit", "--threads", 1)

    @classmethod
    def setUpClass(cls):
        first = Bench()  # only for its folder
        first.setUp()
        cls.addClassCleanup(first.doCleanups)
        first.add("magpie", "good", "slow")
        first.run_bench(*cls.CHOICE, out="a")
        cls.first = first.folder / "a"

    def setUp(self):
        super().setUp()
        self.add("magpie", "good", "slow")
        shutil.copytree(self.first, self.folder / "a")

    def again(self, **environment):
        self.run_bench(*self.CHOICE, out="b", **environment)

    def test_the_same_is_the_same(self):
        self.again(FAKE_RUNNER_SEED="2")
        out, _ = self.call("compare", "a", "b/run.json", "--fail-above", 0)
        self.assertIn("0 better, 0 worse, 3 within the noise", out)

    def test_what_is_worse_is_said_and_fails_if_asked(self):
        self.again(FAKE_RUNNER_MAGPIE="1.3")
        out, _ = self.call("compare", "a", "b")
        self.assertIn("0 better, 3 worse", out)
        self.call("compare", "a", "b", "--fail-above", 20, status=1)
        self.call("compare", "a", "b", "--fail-above", 40)

    def test_what_is_better_is_said(self):
        self.again(FAKE_RUNNER_MAGPIE="0.8")
        out, _ = self.call("compare", "a", "b", "--fail-above", 0)
        self.assertIn("3 better, 0 worse", out)

    def test_a_slower_machine_is_not_worse_magpie(self):
        self.again(FAKE_RUNNER_MAGPIE="1.5", FAKE_RUNNER_GOOD="1.5", FAKE_RUNNER_SLOW="1.5")
        out, _ = self.call("compare", "a", "b", "--fail-above", 5)
        self.assertIn("3 within the noise", out)
        self.assertIn("3 of 3 against peers that did not change", out)

    def test_other_peers_can_be_judged(self):
        self.again(FAKE_RUNNER_SLOW="1.5")
        out, _ = self.call("compare", "a", "b", "--of", "slow", "--fail-above", 10, status=1)
        self.assertIn("0 better, 2 worse", out)

    def test_a_result_that_became_wrong_fails(self):
        path = self.folder / "a/run.json"
        after = json.loads(path.read_text())
        for r in after["runs"]:
            if r["peer"] == "magpie" and r["workload"] == "fib":
                r.update(ending="wrong", message="its result is not the serial one")
        (self.folder / "b.json").write_text(json.dumps(after))
        out, _ = self.call("compare", path, "b.json", "--fail-above", 50, status=1)
        self.assertIn("BROKEN", out)


if __name__ == "__main__":
    DRIVER = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
