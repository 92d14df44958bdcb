"""What tests ask of every widget on a page: its state, as root.ddsp.state() tells it, and what of it sounds."""

from __future__ import annotations

from playwright.sync_api import Locator


def state(widget: Locator) -> dict:
    return widget.evaluate("root => root.ddsp.state()")


def until(widget: Locator, condition: str) -> dict:
    """Wait until a condition holds for the widget's state, called `now`; returns that."""
    handle = widget.element_handle()
    widget.page.wait_for_function(f"root => {{ const now = root.ddsp.state(); return {condition}; }}", arg=handle)
    return state(widget)


def heard(widget: Locator, after_ms: int = 300) -> tuple[float, float]:
    """The strongest frequency in Hz, within a bin of the analyser, and the RMS of what sounds after a while."""
    return tuple(
        widget.evaluate(
            """async (root, after) => {
                const tap = root.ddsp.listen();
                await new Promise(done => setTimeout(done, after));
                const [levels, samples] = [new Float32Array(tap.frequencyBinCount), new Float32Array(tap.fftSize)];
                tap.getFloatFrequencyData(levels);
                tap.getFloatTimeDomainData(samples);
                const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
                return [levels.indexOf(Math.max(...levels)) * tap.context.sampleRate / tap.fftSize, Math.sqrt(power)];
            }""",
            after_ms,
        )
    )
