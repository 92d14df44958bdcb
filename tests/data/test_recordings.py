"""Any sound file becomes a Recording on the model's grid, its pitch, level and length unchanged; bad ones say why."""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import pytest
import soundfile
import torch

from ddsp_course.data import (
    PRESETS,
    AudioConfig,
    CourseError,
    Recording,
    Recordings,
    from_array,
    from_folder,
    load_recording,
)

FORMATS = {
    "8-bit wav": ("wav", "PCM_U8", 44_100, 1),
    "16-bit wav": ("wav", "PCM_16", 44_100, 2),
    "24-bit wav, 6 channels, 192 kHz": ("wav", "PCM_24", 192_000, 6),
    "float wav": ("wav", "FLOAT", 48_000, 2),
    "double wav at 8 kHz": ("wav", "DOUBLE", 8_000, 1),
    "flac": ("flac", "PCM_24", 96_000, 2),
    "ogg": ("ogg", "VORBIS", 44_100, 2),
    "opus": ("opus", "OPUS", 48_000, 1),
    "mp3": ("mp3", "MPEG_LAYER_III", 44_100, 2),
    "aiff": ("aiff", "PCM_16", 22_050, 1),
}


def sine(seconds: float, rate: int, channels: int = 1, *, hz: float = 440.0, level: float = 0.5) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def write(path, samples: np.ndarray, rate: int = 16_000, subtype: str | None = None) -> None:
    kinds = {".opus": "OGG", ".mp3": "MP3"}
    soundfile.write(path, samples, rate, subtype=subtype, format=kinds.get(path.suffix))


def encode(path, rate: int, codec: str, channels: str = "stereo") -> None:
    """A second and a half of a 440 Hz sine as a phone or a browser would record it."""
    import av

    samples = sine(1.5, rate, 2 if channels == "stereo" else 1).T
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=channels)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=channels)
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def strongest_hz(audio: torch.Tensor, rate: int) -> float:
    middle = audio[0, len(audio[0]) // 4 : 3 * len(audio[0]) // 4].double()
    spectrum = torch.fft.rfft(middle * torch.hann_window(len(middle), dtype=torch.float64), 1 << 20).abs()
    return float(spectrum.argmax()) * rate / (1 << 20)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_sine(kind, tmp_path):
    suffix, subtype, rate, channels = FORMATS[kind]
    path = tmp_path / f"sine.{suffix}"
    write(path, sine(1.5, rate, channels), rate, subtype)
    take = load_recording(path)
    assert take.audio.shape[0] == 1 and take.audio.dtype == torch.float32
    assert take.seconds == pytest.approx(1.5, abs=0.08 if suffix in ("mp3", "opus") else 0.004)  # codecs pad
    assert strongest_hz(take.audio, 16_000) == pytest.approx(440, abs=0.1)
    middle = take.audio[0, 4000:20000]
    assert float(middle.square().mean().sqrt()) == pytest.approx(0.5 / 2**0.5, rel=0.02)


@pytest.mark.parametrize(("suffix", "codec", "rate"), [("m4a", "aac", 44_100), ("webm", "libopus", 48_000)])
def test_what_phones_and_browsers_record_is_read_too(suffix, codec, rate, tmp_path):
    path = tmp_path / f"Sprachmemo von gestern: 1.{suffix}"  # a colon must not make it an address
    encode(path, rate, codec)
    take = load_recording(path)
    assert take.seconds == pytest.approx(1.5, abs=0.05)
    assert strongest_hz(take.audio, 16_000) == pytest.approx(440, abs=0.1)
    assert float(take.audio[0, 4000:20000].square().mean().sqrt()) == pytest.approx(0.5 / 2**0.5, rel=0.03)


@pytest.fixture
def mp3(tmp_path):
    """Twenty seconds that rise, as an MP3."""
    n = np.arange(20 * 16_000)
    soundfile.write(tmp_path / "rise.mp3", 0.5 * np.sin(2 * np.pi * (100 + 10 * n / 16_000) * n / 16_000), 16_000)
    return tmp_path / "rise.mp3"


def test_of_half_an_mp3_there_is_the_half_that_is_there(mp3):
    whole = load_recording(mp3).audio[0]
    mp3.write_bytes(mp3.read_bytes()[: mp3.stat().st_size // 2])
    half = load_recording(mp3).audio[0]
    assert len(whole) == pytest.approx(20 * 16_000, abs=2000) and len(half) == pytest.approx(10 * 16_000, rel=0.05)
    assert torch.allclose(half[:140_000], whole[:140_000], atol=1e-3)


def test_an_mp3_that_claims_to_be_a_hundred_days_long_is_as_long_as_it_is(mp3):
    content = bytearray(mp3.read_bytes())
    content[content.find(b"Xing") + 8] = 8
    mp3.write_bytes(content)
    assert load_recording(mp3).seconds == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("voice.m4a", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
        ("voice.webm", "ffconcat version 1.0\nfile 'other.wav'\n"),
        ("voice.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.wav\n#EXT-X-ENDLIST\n"),
        ("voice.raw", "no header at all"),
    ],
)
def test_a_file_that_only_names_other_sound_is_no_sound(name, content, tmp_path):
    """FFmpeg would open sockets, fetch addresses and read the other file."""
    write(tmp_path / "other.wav", sine(1.0, 16_000))
    (tmp_path / name).write_text(content)
    begun = time.monotonic()
    with pytest.raises(CourseError, match="not sound, or it is damaged"):
        load_recording(tmp_path / name)
    assert time.monotonic() - begun < 10


def test_a_name_in_any_letters_is_a_name(tmp_path):
    name = "caf\udce9.wav" if sys.platform == "linux" else "サックス.wav"  # there a name may be any bytes
    with open(tmp_path / name, "wb") as file:
        soundfile.write(file, sine(1.0, 16_000), 16_000, format="WAV")
    assert from_folder(tmp_path, progress=False)[0].seconds == 1.0


@pytest.mark.parametrize("preset", PRESETS)
def test_samples_are_whole_frames_at_the_rate_asked_for(preset, tmp_path):
    config = PRESETS[preset]
    write(tmp_path / "a.wav", sine(1.2345, 44_100), 44_100)
    take = load_recording(tmp_path / "a.wav", config=config)
    assert take.config == config
    assert take.audio.shape[1] == take.frames * config.hop_size
    assert 0 <= take.seconds - 1.2345 < config.hop_size / config.sample_rate + 1e-4
    assert float(take.audio[0, -1]) == 0.0 or take.audio.shape[1] == round(1.2345 * config.sample_rate)


def test_resampling_in_blocks_is_exact_over_block_edges_and_moves_nothing(tmp_path):
    seconds, rate = 20.0, 44_100  # blocks are 8 s long
    write(tmp_path / "a.wav", sine(seconds, rate, hz=1000), rate, "FLOAT")
    audio = load_recording(tmp_path / "a.wav").audio[0].double()
    truth = 0.5 * torch.sin(2 * torch.pi * 1000 * torch.arange(320_000, dtype=torch.float64) / 16_000)
    assert float((audio - truth)[200:-200].abs().max()) < 1e-4


def test_channels_are_averaged_and_levels_kept(tmp_path):
    write(tmp_path / "a.wav", np.stack([np.full(16_000, 0.6), np.full(16_000, 0.2)], 1), subtype="FLOAT")
    assert load_recording(tmp_path / "a.wav").audio.max() == pytest.approx(0.4, abs=1e-6)


def test_clipping_is_noticed_in_the_file_itself(tmp_path):
    write(tmp_path / "clean.wav", sine(2, 44_100, 2), 44_100, "PCM_16")
    write(tmp_path / "clipped.wav", (2 * sine(2, 44_100, 2)).clip(-0.8, 0.8), 44_100, "PCM_16")
    assert load_recording(tmp_path / "clean.wav").clipped == 0
    # |sin| above 0.8: two thirds of arccos(0.8) to either side of each peak
    assert load_recording(tmp_path / "clipped.wav").clipped == pytest.approx(2 * np.arccos(0.8) / np.pi, abs=0.03)


def test_a_folder_is_read_in_order_without_what_is_hidden_or_no_sound(tmp_path):
    for name in ("b/2.wav", "b/1.flac", "a.ogg", ".hidden.wav", ".trash/old.wav", "Z.WAV"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write(path, sine(0.3, 16_000), subtype=None if path.suffix != ".WAV" else "PCM_16")
    (tmp_path / "notes.txt").write_text("played on Sunday")
    found = from_folder(tmp_path, progress=False)
    assert [take.name for take in found] == ["Z.WAV", "a.ogg", "b/1.flac", "b/2.wav"]
    assert found.name == tmp_path.name
    assert found.seconds == pytest.approx(1.2, abs=0.02)


def test_recordings_are_a_sequence_on_one_grid():
    take = Recording(torch.zeros(1, 640), name="a")
    takes = Recordings([take, take, take], "three")
    assert len(takes) == 3 and takes[0] is take and list(takes) == [take] * 3
    assert takes[1:].takes == (take, take) and takes[1:].name == "three"
    assert takes.config == AudioConfig() and takes.seconds == pytest.approx(0.12)
    with pytest.raises(ValueError, match="no takes"):
        Recordings(())
    with pytest.raises(ValueError, match="share one AudioConfig"):
        Recordings((take, Recording(torch.zeros(1, 1920), PRESETS["48k"], "b")))


def silence(path):
    write(path, np.zeros(16_000, np.float32))


def not_numbers(path):
    samples = sine(2, 16_000)
    samples[16_000] = np.nan
    write(path, samples, subtype="FLOAT")


def infinite(path):
    samples = sine(2, 16_000)
    samples[8_000] = np.inf
    write(path, samples, subtype="FLOAT")


def truncated_flac(path):
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 50_000), 16_000, format="FLAC")
    path.write_bytes(path.read_bytes()[:40])


BAD_FILES = {
    "text renamed": (lambda path: path.write_text("this is a letter, not a sound\n" * 50), "it is not sound"),
    "no bytes at all": (lambda path: path.write_bytes(b""), "it is not sound"),
    "a cut off header": (truncated_flac, "Cannot read"),
    "no samples": (lambda path: write(path, np.zeros((0, 1))), "no samples"),
    "pure silence": (silence, "is silent"),
    "NaN": (not_numbers, "first at 1.00 s"),
    "infinity": (infinite, "not numbers"),
    "shorter than a frame": (lambda path: write(path, sine(0.002, 16_000)), "shorter than one frame"),
    "integers as floats": (lambda path: write(path, 32_768 * sine(1, 16_000), subtype="FLOAT"), "full scale is 1"),
    "a folder named like a file": (lambda path: path.mkdir(), "is a folder"),
    "missing": (lambda path: None, "There is no file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_gets_one_sentence_with_its_path_and_what_to_do(case, tmp_path):
    make, expected = BAD_FILES[case]
    path = tmp_path / "a bad take.wav"
    make(path)
    with pytest.raises(CourseError) as raised:
        load_recording(path)
    said = str(raised.value)
    assert expected in said and str(path) in said
    assert ": " in said and "\n" not in said and said.endswith(".")


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", sine(1, 16_000))

    def refuse(*args, **keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # CI is root, whom no permission stops
    with pytest.raises(CourseError, match=r"Cannot read .*a\.wav \(Permission denied\)"):
        load_recording(tmp_path / "a.wav")


def test_a_bad_file_in_a_folder_is_named(tmp_path):
    write(tmp_path / "good.wav", sine(1, 16_000))
    silence(tmp_path / "muted.wav")
    with pytest.raises(CourseError, match=r"muted\.wav is silent"):
        from_folder(tmp_path, progress=False)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda folder: None, "does not exist"),
        (lambda folder: folder.write_text("x"), "is a file, not a folder"),
        (lambda folder: folder.mkdir(), "No recordings found"),
    ],
)
def test_a_folder_without_recordings_says_what_to_put_there(make, expected, tmp_path):
    make(tmp_path / "takes")
    with pytest.raises(CourseError, match=expected) as raised:
        from_folder(tmp_path / "takes", progress=False)
    assert str(tmp_path / "takes") in str(raised.value)


def test_a_folder_that_may_not_be_looked_into_says_so(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CourseError, match=r"Cannot look into .* \(Permission denied\)"):
        from_folder(tmp_path, progress=False)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("kind", ["array", "tensor that wants a gradient", "float64 channels"])
def test_sound_in_memory_becomes_what_its_file_becomes(kind, rate, tmp_path):
    samples = sine(0.7, rate, 2) * np.float32([1.0, 0.5])
    write(tmp_path / "sine.wav", samples, rate, "FLOAT")
    mono = samples.mean(1)
    given = {"array": mono, "tensor that wants a gradient": torch.from_numpy(mono).requires_grad_()}
    given["float64 channels"] = samples.T.astype(np.float64)
    before = samples.copy()
    take = from_array(given[kind], rate, name="memory")
    assert take.name == "memory" and take.audio.dtype == torch.float32 and not take.audio.requires_grad
    torch.testing.assert_close(take.audio, load_recording(tmp_path / "sine.wav").audio, rtol=0, atol=1e-5)
    take.audio.zero_()
    assert np.array_equal(samples, before) and bool((torch.from_numpy(mono) == torch.from_numpy(before.mean(1))).all())


@pytest.mark.parametrize(
    ("audio", "rate", "sentence"),
    [
        (np.ones((16_000, 2), np.float32), 16_000, r"sound is \[16000, 2\]: .* give audio.T"),
        (np.ones((1, 1, 16_000), np.float32), 16_000, r"sound is \[1, 1, 16000\]: sound is \[samples\] or"),
        (np.ones(16_000, np.int16), 16_000, r"sound holds torch.int16: scale it .* 32768"),
        (np.ones(16_000, np.float32), 0, "recorded at, a whole number of Hz, not 0"),
        (np.ones(16_000, np.float32), 44.1, "recorded at, a whole number of Hz, not 44.1"),
        (np.ones(0, np.float32), 16_000, "sound has no samples"),
        (np.zeros(16_000, np.float32), 44_100, "sound is silent"),
        (np.full(16_000, np.nan, np.float32), 16_000, "sound holds samples that are not numbers"),
        (np.full(16_000, 20_000.0), 16_000, "sound peaks at 20000 where full scale is 1"),
    ],
)
def test_sound_in_memory_that_cannot_be_right_is_refused(audio, rate, sentence):
    with pytest.raises(CourseError, match=sentence):
        from_array(audio, rate)


def test_what_numpy_makes_is_as_good():
    sound = np.sin(np.arange(640, dtype=np.float32))
    plain = from_array(sound, 16_000).audio
    assert torch.equal(from_array(sound, np.int64(16_000)).audio, plain)
    assert torch.equal(from_array(sound[::-1].copy()[::-1], 16_000).audio, plain)
    assert torch.equal(from_array(sound.astype(">f4"), 16_000).audio, plain)
    assert AudioConfig(np.int64(16_000), np.int32(64)) == AudioConfig()


def test_a_take_is_looked_for_by_itself():
    one, other = (from_array(np.ones(640, dtype=np.float32), 16_000) for _ in range(2))
    takes = Recordings([one])
    assert one in takes and other not in takes and takes.index(one) == 0 and len({one, other, one}) == 2


def test_a_rate_is_no_config():
    with pytest.raises(CourseError, match=r"config is a data.AudioConfig, such as .*, not 44100"):
        from_array(np.ones(16_000, np.float32), 44_100, config=44_100)
