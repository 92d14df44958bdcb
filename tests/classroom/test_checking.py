"""A check says what it thinks, hands back something that works, and remembers what is right."""

from __future__ import annotations

import linecache

import pytest
import torch

from ddsp_course import dsp
from ddsp_course.classroom import check, exercises, mine, progress, written
from ddsp_course.classroom.exercise import Case, Exercise
from ddsp_course.classroom.judging import in_our_form

RIGHT = """
def exp_sigmoid(x):
    return 2 * torch.sigmoid(x) ** 2.302585093 + 1e-7
"""
WRONG = RIGHT.replace("2.302585093", "1.0")
STUB = 'def exp_sigmoid(x):\n    raise NotImplementedError("your turn")\n'


@pytest.fixture(autouse=True)
def workbook(tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))
    return tmp_path


def as_in_a_notebook(source: str, name: str = "exp_sigmoid", cell: list[int] = [0]):  # noqa: B006
    """What a cell defines; its source is where IPython puts it."""
    cell[0] += 1
    file = f"<cell {cell[0]}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"torch": torch, "dsp": dsp}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def test_a_right_answer_is_handed_back_and_remembered(capsys):
    answer = as_in_a_notebook(RIGHT)
    assert check("2.4", answer) is answer
    assert capsys.readouterr().out == "[x] 2.4: right (2 cases, gradients too).\n"
    assert progress.states()["2.4"] == "right"


def test_of_a_right_answer_that_gives_lists_the_lesson_gets_tensors(capsys):
    answer = as_in_a_notebook(
        RIGHT.replace("2 * torch.sigmoid(x)", "[2 * torch.sigmoid(one)").replace("e-7", "e-7 for one in x]")
    )
    going_on = check("2.4", answer)
    assert torch.allclose(going_on(torch.zeros(3)), dsp.exp_sigmoid(torch.zeros(3)))
    check("2.4", going_on)
    assert capsys.readouterr().out == 2 * "[x] 2.4: right (2 cases, gradients too).\n"
    assert "for one in x" in written.file_of("2.4").read_text()
    assert isinstance(mine("2.4")(torch.zeros(3)), torch.Tensor)


def test_of_another_precision_the_lesson_gets_ours(capsys):
    going_on = check("2.4", as_in_a_notebook(RIGHT.replace("+ 1e-7", "+ torch.tensor([1e-7]).double()")))
    assert going_on(torch.zeros(3)).dtype == torch.float32
    assert going_on(torch.zeros(3).double()).dtype == torch.float64  # where it was asked for
    mask = Exercise("9.7", "mask", lambda x: x > 0.5, (Case("three", {"x": torch.tensor([0.0, 1.0, 0.7])}),))
    assert in_our_form(mask, lambda x: (x > 0.5).long())(torch.ones(3)).dtype == torch.bool
    assert in_our_form(mask, moody := lambda x: 1 / 0) is moody  # right a moment ago: it is not judged again


@pytest.mark.parametrize(
    "source",
    [
        "exp_sigmoid = lambda x: 2 * torch.sigmoid(x) ** 2.302585093 + 1e-7\n",
        "@torch.enable_grad()" + RIGHT,
        "from __future__ import annotations\n" + RIGHT,
        RIGHT + "print(exp_sigmoid(torch.zeros(1)))\n",
        RIGHT.replace("def exp_sigmoid", "def other") + "exp_sigmoid = other\n",
    ],
)
def test_whatever_way_it_is_defined_a_right_answer_is_there_for_later_lessons(source, capsys):
    check("2.4", as_in_a_notebook(source))
    capsys.readouterr()
    assert mine("2.4") is not exercises.exercise("2.4").reference
    assert capsys.readouterr().out == "exp_sigmoid: yours, from exercise 2.4.\n"
    compile(written.file_of("2.4").read_text(), "lesson_02.py", "exec")


def test_what_cannot_be_used_later_is_said_at_once_and_then(capsys):
    needs = RIGHT.replace("2.302585093", "EXPONENT")
    answer = as_in_a_notebook(needs)
    answer.__globals__["EXPONENT"] = 2.302585093  # from another cell
    check("2.4", answer)
    assert capsys.readouterr().out == "[x] 2.4: right (2 cases, gradients too).\n"  # it is there, whenever EXPONENT is
    assert mine("2.4") is exercises.exercise("2.4").reference
    assert "Yours, from exercise 2.4: it raised NameError" in " ".join(capsys.readouterr().out.split())
    answer = as_in_a_notebook("EXPONENT = 2.302585093\n" + RIGHT.replace("(x):", "(x, power=EXPONENT):"))
    linecache.cache[answer.__code__.co_filename] = (0, None, [RIGHT.replace("(x):", "(x, power=EXPONENT):")], "")
    check("2.4", answer)
    said = " ".join(capsys.readouterr().out.split())
    assert "later lessons cannot use it: by itself it gives NameError: name 'EXPONENT' is not defined" in said
    assert mine("2.4") is exercises.exercise("2.4").reference
    assert "Yours, from exercise 2.4: NameError: name 'EXPONENT'" in " ".join(capsys.readouterr().out.split())
    timed = as_in_a_notebook(RIGHT)
    linecache.cache[timed.__code__.co_filename] = (0, None, ["%%time\n", *RIGHT.splitlines(keepends=True)], "")
    check("2.4", timed)
    assert "Not saved for later lessons: write a plain `def exp_sigmoid(...)`" in capsys.readouterr().out


def test_a_list_of_one_row_comes_back_as_a_tensor_and_arrays_among_several_results_too():
    one = Exercise("9.7", "rows", lambda x: 2 * x, (Case("one row", {"x": torch.ones(1, 3)}),))
    assert in_our_form(one, lambda x: [2 * row for row in x])(torch.ones(1, 3)).shape == (1, 3)
    two = Exercise("9.8", "pair", lambda x: (x, 2 * x), (Case("ones", {"x": torch.ones(3)}),))
    first, second = in_our_form(two, lambda x: [x, (2 * x).numpy()])(torch.ones(3))
    assert isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor)


def test_after_a_wrong_one_ours_goes_on_and_remembers_it(capsys):
    answer = as_in_a_notebook(WRONG)
    going_on = check("2.4", answer)
    text = capsys.readouterr().out
    assert text.startswith("[!] 2.4: at x = 0 yours is 1.000, expected 0.405")
    assert text.endswith("    The lesson goes on with the course's own version until yours is right.\n")
    assert going_on.attempt is answer
    assert torch.equal(going_on(torch.zeros(1)), dsp.exp_sigmoid(torch.zeros(1)))


def test_running_the_check_again_says_the_same_and_never_judges_ours_as_theirs(capsys):
    going_on = check("2.4", as_in_a_notebook(WRONG))
    first = capsys.readouterr().out
    assert check("2.4", going_on).attempt is going_on.attempt
    assert capsys.readouterr().out == first


def test_the_stub_is_not_done(capsys):
    going_on = check("2.4", as_in_a_notebook(STUB))
    assert capsys.readouterr().out.startswith("[ ] 2.4: not done yet.\n")
    assert going_on(torch.zeros(1)).item() == pytest.approx(0.4053, abs=1e-4)


@pytest.mark.parametrize("number", ["2.77", "99.1", "two", 2.4])
def test_a_number_that_does_not_exist_is_a_sentence_and_no_exception(number, capsys):
    answer = as_in_a_notebook(RIGHT)
    assert check(number, answer) is answer
    assert capsys.readouterr().out.startswith("[!] ")


class TestWhatIsWritten:
    def test_a_right_answer_can_be_taken_up_by_a_later_lesson(self, workbook, capsys):
        check("2.4", as_in_a_notebook(RIGHT))
        assert RIGHT.strip() in (workbook / "my_ddsp" / "lesson_02.py").read_text()
        later = mine("2.4")
        assert later(torch.zeros(1)).item() == pytest.approx(0.4053, abs=1e-4)
        assert "exp_sigmoid: yours, from exercise 2.4." in capsys.readouterr().out

    def test_the_file_is_python_that_one_can_import(self, workbook):
        check("2.4", as_in_a_notebook(RIGHT))
        namespace = {}
        exec((workbook / "my_ddsp" / "lesson_02.py").read_text(), namespace)
        assert callable(namespace["exp_sigmoid"]) and callable(namespace["torch"].sin)

    def test_a_wrong_answer_is_not_kept_and_does_not_replace_a_right_one(self, workbook):
        check("2.4", as_in_a_notebook(RIGHT))
        kept = (workbook / "my_ddsp" / "lesson_02.py").read_text()
        check("2.4", as_in_a_notebook(WRONG))
        assert (workbook / "my_ddsp" / "lesson_02.py").read_text() == kept

    def test_without_it_a_later_lesson_gets_ours(self, capsys):
        assert mine("2.4") is exercises.exercise("2.4").reference
        assert "the course's own" in capsys.readouterr().out

    def test_one_that_was_spoilt_by_hand_is_not_trusted(self, workbook, capsys):
        check("2.4", as_in_a_notebook(RIGHT))
        file = workbook / "my_ddsp" / "lesson_02.py"
        for spoilt in (
            file.read_text().replace("2.302585093", "3"),
            "this is no Python",
            "# ---- exercise 2.4 -\nraise ValueError\n",
        ):
            file.write_text(spoilt)
            assert mine("2.4") is exercises.exercise("2.4").reference

    def test_each_exercise_replaces_its_own_part_and_leaves_the_rest(self, workbook):
        file = workbook / "my_ddsp" / "lesson_02.py"
        written.keep("2.4", "def exp_sigmoid(x):\n    return x")
        written.keep("2.2", "def recipe(shape, n):\n    return n")
        file.write_text(file.read_text().replace("import math", "import math  # mine"))
        written.keep("2.4", "def exp_sigmoid(x):\n    return x + 1")
        title, parts = written.read(file)
        sources = {number: part.source for number, part in parts.items()}
        assert sources == {
            "2.2": "def recipe(shape, n):\n    return n",
            "2.4": "def exp_sigmoid(x):\n    return x + 1",
        }
        assert "import math  # mine" in title

    @pytest.mark.parametrize("heading_only", [False, True], ids=["with an end", "as it was before there was an end"])
    def test_what_the_learner_adds_below_stays(self, workbook, heading_only):
        file = workbook / "my_ddsp" / "lesson_02.py"
        written.keep("2.2", "def recipe(shape, n):\n    return n")
        text = file.read_text()
        if heading_only:
            text = written.END.sub("", text)
        file.write_text(text + "\n\ndef my_helper():\n    return 'é'\n", encoding="utf-8")
        for source in ("def recipe(shape, n):\n    return n", "def recipe(shape, n):\n    return 2 * n"):
            written.keep("2.2", source)
            written.keep("2.4", "def exp_sigmoid(x):\n    return x")
            kept = file.read_text(encoding="utf-8")
            assert kept.count("def my_helper():\n    return 'é'") == 1 and kept.count(source) == 1
            assert written.read(file)[1]["2.2"].source == source

    def test_a_file_in_another_encoding_is_left_alone_and_named(self, workbook, capsys):
        file = workbook / "my_ddsp" / "lesson_02.py"
        file.parent.mkdir(parents=True)
        file.write_bytes("# café\n".encode("cp1252"))
        written.keep("2.4", "def exp_sigmoid(x):\n    return x")
        assert file.read_bytes() == "# café\n".encode("cp1252")
        assert "lesson_02.py is not in UTF-8" in capsys.readouterr().out
        assert mine("2.4") is exercises.exercise("2.4").reference

    def test_a_workbook_that_cannot_be_written_stops_nothing(self, tmp_path, monkeypatch, capsys):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path / "file"))
        answer = as_in_a_notebook(RIGHT)
        assert check("2.4", answer) is answer
        assert "could not be saved into your workbook" in capsys.readouterr().out
