"""The commands: what they hand to the package, what they say, and how they end when something is wrong."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ddsp_course import autoencoder, cli, data, instruments
from ddsp_course.autoencoder import run_folder
from ddsp_course.data import CourseError, Recording, Recordings

COMMANDS = ("doctor", "demo", "generate", "features", "train", "evaluate", "transfer", "export", "lab")
ROOT = Path(__file__).resolve().parent.parent
READ_TRAINING_STATE = run_folder.read_training_state


def tone(seconds: float = 0.5, rate: int = 16_000) -> torch.Tensor:
    return 0.5 * torch.sin(2 * torch.pi * 440 / rate * torch.arange(round(seconds * rate)))[None]


def run(line: str) -> int:
    """A command line as one types it."""
    return cli.main(line.split())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict]:
    """The package with everything slow taken out: what it was asked to do is kept by name."""
    asked: dict[str, dict] = {}

    def instead_of(owner, name: str, answer=None):
        def stand_in(*positional, **named):
            asked.setdefault(name, {"positional": positional, **named})
            return answer(*positional, **named) if callable(answer) else answer

        monkeypatch.setattr(owner, name, stand_in)

    def takes(minutes, seed, config, noise_seed=None):
        each = tuple(Recording(tone(rate=config.sample_rate), config, f"take {number}") for number in range(3))
        return Recordings(each, "bowed_string")

    def trained(recordings, *, out, **_):
        out.mkdir(parents=True, exist_ok=True)
        (out / "model.safetensors").write_bytes(b"weights")

    model = SimpleNamespace(audio_config=data.AudioConfig())
    for name in ("bowed_string", "reed", "voice"):
        instead_of(instruments, name, takes)
    instead_of(data, "extract_all", lambda recordings, device, workers: [device for _ in recordings])
    instead_of(data, "doctor", SimpleNamespace(lines=lambda: ["0.0 minutes of a tone", "That is too little."]))
    instead_of(data, "split", lambda recordings, crop_seconds: (recordings[:2], recordings[2:]))
    instead_of(autoencoder, "train", trained)
    instead_of(run_folder, "read_training_state", {})
    instead_of(autoencoder, "load", model)
    instead_of(autoencoder, "bundled", model)
    instead_of(autoencoder, "transfer", "stems")
    instead_of(autoencoder, "save_stems", SimpleNamespace(paths=(Path("out.wav"), Path("out_dry.wav")), gain_db=-2.04))
    found = SimpleNamespace(table=lambda: ["model 5.0"], summary=["It is good."], to_dict=lambda: {"loss": 5.0})
    instead_of(autoencoder, "evaluate", found)
    return asked


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example_that_it_understands(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    explained = capsys.readouterr().out
    example = explained.partition("example:")[2].strip()
    assert example.startswith(f"ddsp-course {command}")
    assert callable(cli.parser().parse_args(example.split()[1:]).command)


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n    {command} " in listed for command in COMMANDS)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "generate",
        "generate trumpet --out x",
        "generate reed --out x --minutes 0",
        "generate reed --out x --minutes nan",
        "generate reed --out x --rate 22050",
        "train reed --steps 10 --minutes 1",
        "train reed --steps many",
        "train reed --seed -1",
        "transfer bundled in.wav",
        "transfer bundled in.wav out.wav --semitones high",
        "doctor please",
    ],
)
def test_a_wrong_command_line_ends_with_2_and_touches_nothing(line, calls, capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        run(line)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ddsp-course")
    assert calls == {} and list(tmp_path.iterdir()) == []


def test_the_demo_gets_its_options_and_says_what_it_does(monkeypatch, capsys):
    from ddsp_course import demo

    asked = {}

    def small(out, *, say, **options):
        asked.update(out=out, **options)
        say("A string plays.")

    monkeypatch.setattr(demo, "run", small)
    assert run("demo") == 0
    assert asked == {"out": Path("demo"), "minutes": 5.0, "steps": None, "seed": 0, "device": "auto"}
    assert capsys.readouterr().out == "A string plays.\n"
    run("demo --out d --minutes 1 --steps 9 --seed 2 --device cpu")
    assert asked == {"out": Path("d"), "minutes": 1.0, "steps": 9, "seed": 2, "device": "cpu"}


def test_generate_saves_every_take_at_the_rate_asked_for(calls, capsys):
    assert run("generate bowed_string --minutes 5 --seed 3 --rate 48000 --out takes/string") == 0
    asked = calls["bowed_string"]
    assert (asked["minutes"], asked["seed"], asked["config"].sample_rate) == (5.0, 3, 48_000)
    saved = sorted(Path("takes/string").iterdir())
    assert [path.name for path in saved] == [f"bowed_string_00{number}.wav" for number in range(3)]
    again = data.load_recording(saved[0], config=data.config_for_rate(48_000))
    assert torch.allclose(again.audio, tone(rate=48_000), atol=1e-6)
    assert "3 files" in capsys.readouterr().out


def test_train_learns_from_four_fifths_and_keeps_the_rest_for_judging(calls):
    assert run("train bowed_string --steps 1200 --out runs/a") == 0
    asked = calls["train"]
    assert [take.name for take in asked["positional"][0]] == ["take 0", "take 1"]
    assert [take.name for take in asked["held_out"]] == ["take 2"]
    assert (asked["steps"], asked["minutes"], asked["preset"], asked["seed"]) == (1200, None, "tiny", 0)
    assert (asked["device"], asked["resume"], asked["overrides"], asked["out"]) == ("auto", False, {}, Path("runs/a"))


def test_train_takes_five_minutes_and_names_its_run_unless_told(calls):
    assert cli.main(["train", "voice"]) == 0
    assert (calls["train"]["minutes"], calls["train"]["out"]) == (5.0, Path("runs/voice"))


def test_settings_are_numbers_where_they_are_numbers_and_words_elsewhere(calls):
    Path("mine.json").write_text('{"preset": "tiny"}')
    line = "train voice --set batch_size=4 --set learning_rate=1e-3 --set architecture=full --preset mine.json"
    assert run(line) == 0
    assert calls["train"]["overrides"] == {"batch_size": 4, "learning_rate": 1e-3, "architecture": "full"}
    assert calls["train"]["preset"] == "mine.json"


@pytest.mark.parametrize("setting", ["batch_size", "=4", ""])
def test_a_setting_without_a_value_is_a_sentence(setting, calls, capsys):
    assert cli.main(["train", "voice", "--set", setting]) == 1
    assert capsys.readouterr().err == (
        f"ddsp-course: --set needs KEY=VALUE, such as --set batch_size=4, not {setting!r}.\n"
    )


def test_features_is_the_word_of_the_data_doctor(calls, capsys):
    data.save_audio("mine/a.wav", tone(), 16_000)
    assert run("features mine") == 0
    assert capsys.readouterr().out == "0.0 minutes of a tone\nThat is too little.\n"


def test_before_it_trains_on_a_folder_the_doctor_says_what_it_thinks_of_it(calls, capsys):
    for number in range(3):
        data.save_audio(f"mine/{number}.wav", tone(), 16_000)
    assert run("train mine --device cpu") == 0
    assert capsys.readouterr().out.startswith("0.0 minutes of a tone\nThat is too little.\n")
    assert calls["doctor"]["positional"][1] == 3 * ["cpu"], "tracked once, where training will track it"


@pytest.mark.parametrize("command", ["features mine", "train mine"])
def test_a_folder_can_be_heard_by_several_processes(command, calls, capsys):
    for number in range(3):
        data.save_audio(f"mine/{number}.wav", tone(), 16_000)
    assert run(command) == 0 and calls.pop("extract_all")["workers"] == 1
    assert run(f"{command} --out runs/again --workers 3" if "train" in command else f"{command} --workers 3") == 0
    assert calls["extract_all"]["workers"] == 3
    with pytest.raises(SystemExit):
        run(f"{command} --workers 0")
    assert "must be at least 1" in capsys.readouterr().err


def test_an_instruments_model_needs_no_doctor(calls):
    run("train reed")
    assert "doctor" not in calls


def test_a_folder_named_like_an_instrument_is_reached_by_its_path(calls):
    for number in range(3):
        data.save_audio(Path("voice") / f"{number}.wav", tone(), 16_000)
    assert cli.main(["train", "./voice", "--out", "runs/mine"]) == 0
    assert "voice" not in calls
    assert calls["split"]["positional"][0].name == "voice" and len(calls["split"]["positional"][0]) == 3


def test_resume_goes_on_with_the_number_of_steps_that_was_fixed(calls):
    assert run("train voice --out runs/a --resume") == 0
    assert calls["train"]["resume"] is True
    assert calls["train"]["steps"] is None and calls["train"]["minutes"] is None


def test_that_there_is_nothing_to_resume_is_said_before_anything_slow(calls, capsys, monkeypatch):
    monkeypatch.setattr(run_folder, "read_training_state", READ_TRAINING_STATE)
    assert run("train voice --out runs/a --resume") == 1
    assert "There is no run to resume in" in capsys.readouterr().err and "voice" not in calls


def test_how_long_a_run_is_already_is_looked_at_before_anything_slow(calls):
    assert run("train voice --out runs/a --resume --steps 5") == 0
    assert calls["read_training_state"]["steps"] == 5 and calls["read_training_state"]["minutes"] is None


def test_a_run_is_never_trained_over(calls, capsys):
    Path("runs/a").mkdir(parents=True)
    Path("runs/a/model.safetensors").write_bytes(b"precious")
    assert run("train voice --out runs/a") == 1
    assert "already holds a run" in capsys.readouterr().err
    assert "voice" not in calls, "it is said before anything slow"
    assert Path("runs/a/model.safetensors").read_bytes() == b"precious"


def test_evaluate_judges_a_run_on_what_its_training_did_not_hear(calls, capsys):
    run("train bowed_string --out runs/a --data-minutes 7")
    calls.clear()
    assert run("evaluate runs/a --json figures.json") == 0
    assert (calls["bowed_string"]["minutes"], calls["bowed_string"]["seed"]) == (7.0, 0)
    asked = calls["evaluate"]
    assert [take.name for take in asked["positional"][1]] == ["take 2"]
    assert [take.name for take in asked["retakes"]] == ["take 2"]
    assert [take.name for take in asked["train_recordings"]] == ["take 0", "take 1"]
    assert capsys.readouterr().out.splitlines()[-3:] == ["model 5.0", "", "It is good."]
    assert json.loads(Path("figures.json").read_text()) == {"loss": 5.0}


def test_evaluate_replaces_a_file_only_if_told_to_and_says_so_first(calls, capsys):
    Path("figures.json").write_text("mine")
    calls.clear()
    assert run("evaluate bundled --json figures.json reed") == 1
    assert "figures.json is there already" in capsys.readouterr().err
    assert Path("figures.json").read_text() == "mine" and not calls
    assert run("evaluate bundled --json figures.json reed --force") == 0
    assert json.loads(Path("figures.json").read_text()) == {"loss": 5.0} and "reed" in calls


def test_what_no_command_knows_is_refused(capsys):
    for line in ("evaluate bundled reed voice", "evaluate bundled --jsn a reed", "doctor reed"):
        with pytest.raises(SystemExit):
            run(line)
        assert "unrecognized arguments" in capsys.readouterr().err


def test_what_was_added_to_the_folder_since_does_not_change_what_was_held_out(calls, capsys):
    for number in range(3):
        data.save_audio(f"mine/{number}.wav", tone(), 16_000)
    assert run("train mine --out runs/a") == 0
    data.save_audio("mine/0 new.wav", tone(), 16_000)
    calls.clear()
    assert run("evaluate runs/a") == 0
    assert [take.name for take in calls["split"]["positional"][0]] == ["0.wav", "1.wav", "2.wav"]
    capsys.readouterr()
    Path("mine/1.wav").unlink()
    assert run("evaluate runs/a") == 1
    assert "1.wav is no longer what runs/a was trained on: put it back, or name other" in capsys.readouterr().err


def test_a_run_that_was_killed_says_what_it_learned_from_and_so_does_one_resumed(calls, monkeypatch):
    for killed in (False, True):
        monkeypatch.setattr(autoencoder, "train", lambda *_, **__: sys.exit(9))
        with pytest.raises(SystemExit):
            run("train voice --out runs/a" + killed * " --resume")
        assert json.loads(Path("runs/a/source.json").read_text())["source"] == "voice"
        Path("runs/a/source.json").unlink()
        Path("runs/a/training.pt").write_bytes(b"state")
    with pytest.raises(SystemExit):
        run("train voice --out runs/absent --resume")
    assert not Path("runs/absent").exists()


def test_a_wrong_preset_is_said_before_anything_slow(calls, capsys):
    assert run("train voice --preset nosuch") == 1 and run("train voice --set foo=1") == 1
    assert "voice" not in calls
    with pytest.raises(SystemExit):
        run("train voice --steps 0")
    assert "must be at least 1" in capsys.readouterr().err


def test_a_console_that_cannot_show_a_name_shows_what_it_can(calls, monkeypatch):
    for number in range(3):
        data.save_audio(f"サックス/{number}.wav", tone(), 16_000)
    monkeypatch.setattr(data, "doctor", lambda *_: SimpleNamespace(lines=lambda: ["サックス: well"]))
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="")
    monkeypatch.setattr(sys, "stdout", console)
    assert run("features サックス") == 0
    console.flush()
    assert console.buffer.getvalue().endswith(rb"\u30b9: well" + b"\n")


def test_a_single_take_is_judged_without_a_re_take(calls, monkeypatch):
    one = Recordings((Recording(tone()),), "voice")
    monkeypatch.setattr(instruments, "voice", lambda **_: one)
    monkeypatch.setattr(data, "split", lambda recordings, crop_seconds: (recordings, recordings))
    run("train voice --out runs/a --data-minutes 0.4")
    assert run("evaluate runs/a") == 0
    assert calls["evaluate"]["retakes"] is None


def test_evaluate_on_an_instrument_takes_phrases_that_no_run_has_heard(calls):
    assert run("evaluate bundled reed") == 0
    assert (calls["reed"]["seed"], calls["reed"]["minutes"]) == (1, 2.0)
    assert len(calls["evaluate"]["positional"][1]) == 3


def test_evaluate_on_what_a_run_was_trained_on_judges_what_was_held_out(calls, capsys):
    for number in range(3):
        data.save_audio(f"mine/{number}.wav", tone(), 16_000)
    assert run("train mine --out runs/a") == 0
    assert run("evaluate runs/a ../" + Path.cwd().name + "/mine/") == 0
    assert [take.name for take in calls["evaluate"]["positional"][1]] == ["2.wav"]
    assert len(calls["evaluate"]["train_recordings"]) == 2
    assert "mine/: it is judged on the part that was held out." in capsys.readouterr().out


def test_what_is_held_out_is_told_by_the_crops_of_the_run(calls):
    assert run("train voice --out runs/a --set crop_seconds=0.25") == 0
    assert calls["split"]["crop_seconds"] == 0.75
    for line in ("evaluate runs/a", "train voice --out runs/a --resume --set crop_seconds=0.25"):
        calls.clear()
        assert run(line) == 0 and calls["split"]["crop_seconds"] == 0.75
    source = json.loads(Path("runs/a/source.json").read_text())
    del source["crop_seconds"]  # as runs were written before
    Path("runs/a/source.json").write_text(json.dumps(source))
    for line in ("evaluate runs/a", "train voice --out runs/a --resume --set crop_seconds=0.25"):
        calls.clear()
        assert run(line) == 0 and calls["split"]["crop_seconds"] == 1.5


def test_evaluate_on_a_folder_has_no_second_take(calls):
    data.save_audio("mine/a.wav", tone(), 16_000)
    assert run("evaluate bundled mine") == 0
    assert calls["evaluate"]["retakes"] is None


@pytest.mark.parametrize("damage", [None, "{", "[]", '{"source": "voice"}', '{"source": "voice", "minutes": "x"}'])
def test_a_run_that_does_not_say_what_it_learned_from_needs_to_be_told(calls, capsys, damage):
    Path("runs/a").mkdir(parents=True)
    if damage is not None:
        Path("runs/a/source.json").write_text(damage)
    assert run("evaluate runs/a") == 1
    said = capsys.readouterr().err
    assert "does not say what it was trained on" in said and said.count("\n") == 1
    assert "autoencoder.evaluate(model, held_out)" in said
    assert run("evaluate runs/a reed") == 0


def test_transfer_hands_every_switch_on_and_says_what_it_wrote(calls, capsys):
    line = "transfer runs/a in.m4a out.wav --semitones -5 --db 3 --autotune 0.5 --stems"
    assert run(line) == 0
    asked = calls["transfer"]
    assert asked["positional"][1] == Path("in.m4a") and calls["load"]["positional"] == ("runs/a",)
    assert (asked["semitones"], asked["gain_db"], asked["autotune"]) == (-5.0, 3.0, 0.5)
    assert calls["save_stems"]["positional"] == ("stems", Path("out.wav")) and calls["save_stems"]["apart"] is True
    assert capsys.readouterr().out.splitlines() == [
        "out.wav",
        "out_dry.wav",
        "All of it was turned down by 2.0 dB to fit.",
    ]


def test_nothing_that_is_there_is_written_over_unless_told_to(calls, capsys):
    Path("out_dry.wav").write_bytes(b"mine")
    assert run("transfer runs/a in.wav out.wav") == 0
    itself = "is what is to be transferred: give the result another name."
    for line, said in (
        ("transfer runs/a out_dry.wav out_dry.wav --force", itself),
        ("transfer runs/a out_dry.wav out.wav --stems --force", itself),
        (
            "transfer runs/a in.wav out.wav --stems",
            "is there already: choose another name, or replace it with --force.",
        ),
    ):
        calls.clear()
        assert run(line) == 1
        assert capsys.readouterr().err == f"ddsp-course: out_dry.wav {said}\n"
        assert "transfer" not in calls, "it is said before anything slow"
    assert run("transfer runs/a in.wav out.wav --stems --force") == 0
    Path("page.html").write_bytes(b"mine")
    assert run("export bundled page.html") == run("transfer runs/a in.wav out.mp3") == 1
    assert capsys.readouterr().err.splitlines() == [
        "ddsp-course: page.html is there already: choose another name, or replace it with --force.",
        "ddsp-course: Cannot write out.mp3: give it a name that ends in .wav or .flac.",
    ]


def test_takes_of_two_seeds_do_not_end_up_in_one_folder(calls, capsys):
    Path("takes").mkdir()
    for name in ("bowed_string_007.wav", "bowed_string_memo.wav", "reed_000.wav"):
        Path("takes", name).write_bytes(b"mine")
    assert run("generate bowed_string --out takes") == 1
    assert "bowed_string_007.wav is there already" in capsys.readouterr().err and "bowed_string" not in calls
    assert run("generate bowed_string --out takes --force") == 0
    names = [f"bowed_string_{which}.wav" for which in ("000", "001", "002", "memo")]
    assert sorted(path.name for path in Path("takes").iterdir()) == [*names, "reed_000.wav"]
    assert Path("takes/bowed_string_memo.wav").read_bytes() == b"mine"


def test_export_names_the_page_after_its_run(calls, monkeypatch, capsys):
    asked = {}

    def written(model, path, *, name):
        asked.update(path=path, name=name)
        path.write_bytes(b"x" * 840_000)
        return path

    monkeypatch.setattr(autoencoder, "export_html", written)
    for line, name in (
        ("export runs/my_sax sax.html", "my_sax"),
        ("export bundled sax.HTML", "Bowed string"),
        ("export runs/my_sax sax.html --name Saxophone --force", "Saxophone"),
    ):
        assert run(line) == 0
        assert asked == {"path": Path(line.split()[2]), "name": name}
        assert capsys.readouterr().out == f"{asked['path']} (0.8 MB): open it in a browser, and play.\n"


@pytest.mark.parametrize("out", ["sax.wav", "sax", "sax.htm"])
def test_export_says_what_it_writes_before_it_loads_anything(out, calls, capsys):
    assert run(f"export runs/my_sax {out}") == 1
    assert capsys.readouterr().err == (
        "ddsp-course: export writes a web page that plays, or one step of the decoder for plugins: name it sax.html, "
        "or .onnx.\n"
    )
    assert calls == {}


def test_export_writes_onnx_by_its_name(calls, monkeypatch, capsys):
    def written(model, path):
        path.write_bytes(b"x" * 1_000_000)
        return path

    monkeypatch.setattr(autoencoder, "export_onnx", written)
    assert run("export runs/my_sax step.onnx") == 0
    assert capsys.readouterr().out == "step.onnx (1.0 MB): one step of the decoder, its state in and out.\n"


def test_transfer_with_the_bundled_instrument(calls):
    assert run("transfer bundled in.wav out.wav") == 0
    assert "bundled" in calls and "load" not in calls
    assert calls["transfer"]["semitones"] is None and calls["save_stems"]["apart"] is False


def test_lab_says_what_is_new_and_where_and_ends_as_jupyterlab_ends(monkeypatch, capsys, tmp_path):
    from ddsp_course.classroom.workbook import Delivery

    workbook = sys.modules["ddsp_course.classroom.workbook"]
    opened = []
    monkeypatch.setattr(workbook, "fill", lambda folder: Delivery(new=("02_harmonics.ipynb",)))
    monkeypatch.setattr(workbook, "open_lab", lambda folder, browser: opened.append((folder, browser)) or 7)
    monkeypatch.delenv("DDSP_COURSE_WORKBOOK", raising=False)
    assert run("lab --no-browser") == 7
    new = "New in your workbook: 02_harmonics.ipynb.\n"
    assert capsys.readouterr().out == f"{new}Your workbook is {Path('workbook').resolve()}\n"
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))  # the one that notebooks write to
    assert run("lab --no-browser") == 7
    assert opened == [(Path("workbook"), False), (tmp_path, False)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CourseError("The file is silent: record it again."), "The file is silent: record it again."),
        (FileNotFoundError(2, "No such file or directory", "x.wav"), "No such file or directory: x.wav"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("disk on fire"), "disk on fire"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "The package torch is not installed: "),
        (ImportError("libcudart.so.13: cannot open\nmore"), "A package does not load (libcudart.so.13: cannot open)"),
        (MemoryError(), "There is not enough memory for this: set batch_size or hidden_size lower"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "There is not enough memory for this"),
        (RuntimeError("[enforce] DefaultCPUAllocator: can't allocate memory"), "There is not enough memory for this"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence_and_exit_code_1(calls, monkeypatch, capsys, error, sentence):
    monkeypatch.setattr(autoencoder, "load", lambda run: (_ for _ in ()).throw(error))
    assert run("transfer runs/a in.wav out.wav") == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"ddsp-course: {sentence}") and said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shapes differ"),
        ZeroDivisionError("bug"),
        RuntimeError("mat1 and mat2"),
        ImportError("x", name="ddsp_course.y"),
    ],
)
def test_a_bug_keeps_its_traceback(calls, monkeypatch, error):
    monkeypatch.setattr(autoencoder, "load", lambda run: (_ for _ in ()).throw(error))
    with pytest.raises(type(error)):
        run("transfer runs/a in.wav out.wav")


def test_a_wrong_argument_of_an_instrument_is_a_sentence(capsys):
    assert run("generate reed --minutes 0.001 --out x") == 1
    assert "a take needs at least one second" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stop", "said"), [(KeyboardInterrupt(), "Stopped."), (KeyboardInterrupt("It goes on later."), "It goes on later.")]
)
def test_ctrl_c_ends_with_a_sentence_and_130(calls, monkeypatch, capsys, stop, said):
    monkeypatch.setattr(autoencoder, "load", lambda run: (_ for _ in ()).throw(stop))
    assert run("transfer runs/a in.wav out.wav") == 130
    assert capsys.readouterr().err == f"\nddsp-course: {said}\n"


def test_after_ctrl_c_in_training_the_run_still_says_what_it_learned_from(calls, monkeypatch):
    def interrupted(recordings, *, out, **_):
        out.mkdir(parents=True, exist_ok=True)
        (out / "model.safetensors").write_bytes(b"weights")
        raise KeyboardInterrupt

    monkeypatch.setattr(autoencoder, "train", interrupted)
    assert run("train voice --out runs/a") == 130
    assert json.loads(Path("runs/a/source.json").read_text())["source"] == "voice"


def test_a_warning_of_ours_is_a_sentence_and_the_way_of_warning_is_put_back(calls, monkeypatch, capsys):
    def warns(run):
        warnings.warn_explicit("The harmonics fell silent.", UserWarning, autoencoder.__file__, 1)
        warnings.warn_explicit("somebody else's", UserWarning, "/elsewhere.py", 7)

    before = warnings.showwarning
    monkeypatch.setattr(autoencoder, "load", warns)
    run("transfer runs/a in.wav out.wav")
    ours, theirs = capsys.readouterr().err.splitlines()[:2]
    assert ours == "ddsp-course: The harmonics fell silent."
    assert theirs == "/elsewhere.py:7: UserWarning: somebody else's"
    assert warnings.showwarning is before


def command(*arguments: str, **named) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **named}
    return subprocess.Popen([sys.executable, "-m", "ddsp_course.cli", *arguments], env=environment, **pipes)


def test_as_a_process_an_error_is_one_line_on_stderr_and_no_traceback():
    process = command("features", "no such folder")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert (
        out == "" and err.startswith("ddsp-course: The folder no such folder does not exist") and err.count("\n") == 1
    )


def test_as_a_process_ctrl_c_while_it_plays_ends_with_130():
    # Whoever runs the tests in the background may have had them ignore Ctrl-C, and children inherit that.
    as_at_a_terminal = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = command("generate", "bowed_string", "--minutes", "60", "--out", "takes", **as_at_a_terminal)
    heard = ""
    while "1/144" not in heard and process.poll() is None:  # the first take is played: it is at work
        heard += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert "Stopped." in err and "Traceback" not in err
    assert not Path("takes").exists()


def test_a_reader_that_has_seen_enough_is_no_error():
    process = command("doctor")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 1


def test_run_folder_and_commands_agree_on_the_name_of_the_model():
    from ddsp_course.autoencoder import checkpoints

    assert checkpoints.MODEL_FILE == "model.safetensors" and run_folder.STATE_FILE == "training.pt"
