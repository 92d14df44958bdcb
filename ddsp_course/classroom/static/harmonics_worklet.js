// The synthesizer of listening.play_harmonics, on the browser's audio thread. It plays what dsp.harmonic_synthesis and
// dsp.filtered_noise play, frame by frame as they do: frame i is the value at sample i * HOP; fundamental, amplitudes
// and filter move in straight lines between frames; every harmonic at or above half the sample rate is silent, sample
// by sample. It is loaded as text (harmonics_sound.js), into an AudioContext and, to be measured, into an offline one.

const HOP = 64;
const GLIDE_S = 0.008; // time constant in which a control follows: short to the hand, long enough not to click
const RELEASE_S = 0.04;
const SILENT = 1e-4; // -80 dB: here a note that fades has ended
const NOTHING = 1e-12; // as in dsp.normalize_harmonics

/** The share of the way to its aim that a control goes in one hop. */
const share = (seconds) => 1 - Math.exp(-HOP / (seconds * sampleRate));

class Harmonics extends AudioWorkletProcessor {
  /** controls: as controlsOf() in harmonics.js makes them; gate: 1 to sound from the first sample on. */
  constructor({ processorOptions: { controls, gate } }) {
    super();
    [this.controls, this.gate] = [controls, gate];
    const taps = Math.max(1, 2 * (controls.noise.length - 1));
    this.recent = new Float64Array(taps); // white noise, a ring
    const frame = () => ({ f0: 0, gate: 0, amplitudes: new Float64Array(controls.weights.length),
      taps: new Float64Array(taps) });
    [this.here, this.there] = [frame(), frame()]; // the two ends of a hop
    this.design = filterDesign(controls.noise.length);
    this.begin(gate);
    this.port.onmessage = ({ data }) => {
      [this.controls, this.gate] = [data.controls, data.gate];
      if (this.silent && this.gate > 0) this.begin(0);
      if (data.asked !== undefined) this.port.postMessage({ asked: data.asked, frame: currentFrame });
    };
  }

  get silent() {
    return this.here.gate === 0 && this.there.gate === 0 && this.gate === 0;
  }

  /** A note out of silence: its controls are where they are, its phases 0. */
  begin(gate) {
    const { f0_hz, vibrato_hz, vibrato_cents, amplitude, weights, noise } = this.controls;
    this.now = { octaves: Math.log2(f0_hz), f0_hz, vibrato_hz, vibrato_cents, amplitude, gate,
      weights: Float64Array.from(weights), noise: Float64Array.from(noise) };
    [this.phase, this.vibrato, this.sample, this.place] = [0, 0, 0, 0];
    this.recent.fill(0);
    this.fill(this.here);
    this.follow();
    this.fill(this.there);
  }

  /** One hop on: controls go towards what was asked for, and where they have arrived they stay exactly there. */
  follow() {
    const { now, controls } = this;
    const step = share(GLIDE_S);
    const towards = (value, aim) => (Math.abs(aim - value) < 1e-9 ? aim : value + step * (aim - value));
    if (now.f0_hz !== controls.f0_hz) {
      const aim = Math.log2(controls.f0_hz);
      now.octaves = towards(now.octaves, aim);
      now.f0_hz = now.octaves === aim ? controls.f0_hz : 2 ** now.octaves;
    }
    for (const name of ["vibrato_hz", "vibrato_cents", "amplitude"]) now[name] = towards(now[name], controls[name]);
    for (const name of ["weights", "noise"]) {
      for (let i = 0; i < now[name].length; i++) now[name][i] = towards(now[name][i], controls[name][i]);
    }
    if (this.gate < now.gate) now.gate += share(RELEASE_S) * (this.gate - now.gate);
    else now.gate = towards(now.gate, this.gate);
    if (this.gate === 0 && now.gate < SILENT) now.gate = 0;
    this.vibrato += (now.vibrato_hz * HOP) / sampleRate;
    this.vibrato -= Math.floor(this.vibrato);
  }

  /** What the controls mean at a frame: masked first, normalised after. */
  fill(frame) {
    const { now } = this;
    frame.gate = now.gate;
    frame.f0 = now.f0_hz * 2 ** ((now.vibrato_cents / 1200) * Math.sin(2 * Math.PI * this.vibrato));
    let total = 0;
    for (let k = 1; k <= now.weights.length && frame.f0 * k < sampleRate / 2; k++) total += now.weights[k - 1];
    for (let k = 1; k <= now.weights.length; k++) {
      const weight = frame.f0 * k < sampleRate / 2 ? now.weights[k - 1] : 0;
      frame.amplitudes[k - 1] = now.amplitude * (weight / (total > NOTHING ? total : 1));
    }
    const noisy = now.noise.some((gain) => gain > 0);
    for (let tap = 0; tap < frame.taps.length; tap++) {
      let sum = 0;
      for (let band = 0; noisy && band < now.noise.length; band++) sum += this.design[band][tap] * now.noise[band];
      frame.taps[tap] = sum;
    }
  }

  process(_, [[out]]) {
    if (this.silent) return true; // its output is zeros already
    const half = sampleRate / 2;
    for (let i = 0; i < out.length; i++) {
      const { here, there, sample } = this;
      const part = sample / HOP;
      const slope = (there.f0 - here.f0) / HOP;
      const f0 = here.f0 + slope * sample;
      const turns = this.phase + (here.f0 * sample + slope * ((sample * (sample - 1)) / 2)) / sampleRate;
      const angle = 2 * Math.PI * (turns - Math.round(turns));
      const twice = 2 * Math.cos(angle);
      let [before, sine, sum] = [0, Math.sin(angle), 0];
      for (let k = 1; k <= here.amplitudes.length && f0 * k < half; k++) {
        const from = here.amplitudes[k - 1];
        sum += (from + part * (there.amplitudes[k - 1] - from)) * sine;
        [before, sine] = [sine, twice * sine - before]; // sin((k + 1) x) = 2 cos(x) sin(k x) - sin((k - 1) x)
      }
      this.recent[this.place] = 2 * Math.random() - 1;
      for (let tap = 0, at = this.place; tap < here.taps.length; tap++) {
        sum += (here.taps[tap] + part * (there.taps[tap] - here.taps[tap])) * this.recent[at];
        at = at > 0 ? at - 1 : this.recent.length - 1;
      }
      this.place = (this.place + 1) % this.recent.length;
      out[i] = sum * (here.gate + part * (there.gate - here.gate));
      if (++this.sample === HOP) this.hop();
    }
    return true;
  }

  hop() {
    const { here, there } = this;
    this.phase += (here.f0 * HOP + (there.f0 - here.f0) * ((HOP - 1) / 2)) / sampleRate;
    this.phase -= Math.round(this.phase);
    this.sample = 0;
    [this.here, this.there] = [there, here];
    this.follow();
    this.fill(this.there);
  }
}

/** For each band the taps of its filter, as dsp.frequency_impulse_response has them: a cosine under a Hann window. */
function filterDesign(bands) {
  const taps = Math.max(1, 2 * (bands - 1));
  return Array.from({ length: bands }, (_, band) => Float64Array.from({ length: taps }, (_, tap) => {
    const both = band === 0 || band === bands - 1 ? 1 : 2; // a band inside stands for its negative frequency as well
    const ideal = (both * Math.cos((2 * Math.PI * band * (tap - taps / 2)) / taps)) / taps;
    return ideal * (0.5 - 0.5 * Math.cos((2 * Math.PI * tap) / taps));
  }));
}

registerProcessor("ddsp-harmonics", Harmonics);
