// What the instrument of listening.play_harmonics plays, apart from what it looks like: notes and their names,
// what a state means as sound, and the synthesizer. WORKLET, the text of harmonics_worklet.js, stands before this.

const BLACK = [1, 3, 6, 8, 10]; // keys of an octave
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const midiOf = (hz) => 69 + 12 * Math.log2(hz / 440);
const hzOfMidi = (midi) => 440 * 2 ** ((midi - 69) / 12);
const nameOf = (midi) => `${NAMES[((midi % 12) + 12) % 12]}${Math.floor(midi / 12) - 1}`;
const clamp = (value, [low, high]) => Math.min(high, Math.max(low, value));
const signed = (number, digits = 0) => `${number > 0 ? "+" : ""}${number.toFixed(digits)}`.replace("-", "−");

/** A frequency with the note it is nearest to: "220.0 Hz, A3", "223.0 Hz, A3 +23 cents". */
function pitchInWords(hz) {
  const note = Math.round(midiOf(hz));
  const cents = Math.round(100 * (midiOf(hz) - note));
  return `${hz.toFixed(1)} Hz, ${nameOf(note)}${cents ? ` ${signed(cents)} cents` : ""}`;
}

/** What the audio thread plays of a state: linear amplitudes, as Instrument.distribution() has them in Python. */
function controlsOf(state) {
  const weights = state.harmonics.map((weight, i) => {
    const tilt = 10 ** ((state.brightness_db * Math.log2(i + 1)) / 20);
    return weight * tilt * (i % 2 === 0 ? 1 + Math.min(0, state.odd_even) : 1 - Math.max(0, state.odd_even));
  });
  const level = 10 ** (state.level_db / 20);
  return { f0_hz: state.f0_hz, vibrato_hz: state.vibrato_hz, vibrato_cents: state.vibrato_cents, weights,
    amplitude: weights.some((weight) => weight > 0) ? level : 0, // weights that fade together keep their sum at one
    noise: state.noise_magnitudes.map((gain) => level * gain) };
}

/** The synthesizer as a node of a context; gate: 1 to sound from the first sample on. */
async function synthesizer(context, controls, gate) {
  const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(address);
  } finally {
    URL.revokeObjectURL(address);
  }
  return new AudioWorkletNode(context, "ddsp-harmonics",
    { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { controls, gate } });
}
