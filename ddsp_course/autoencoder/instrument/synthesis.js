// The synthesizer of ddsp_course/dsp, hop by hop: harmonics, filtered noise, the room. decoder.js and convolution.js
// stand before this file. Frame i is the value at sample i * hop; what lies between cross-fades, as in the package.

/** A choir of sines: f0 in straight lines from frame to frame, amplitudes along half a Hann window. */
class Oscillator {
  constructor({ sample_rate, hop_size, n_harmonics }) {
    [this.rate, this.hop, this.harmonics] = [sample_rate, hop_size, n_harmonics];
    this.fade = hannFade(hop_size);
    this.phase = 0; // in turns, at the first sample of the next hop
  }

  /** One hop, from the controls `now` to those that follow. */
  play(now, following, out) {
    const { rate, hop, fade } = this;
    const [from, rise] = [now.f0_hz, following.f0_hz - now.f0_hz];
    const [here, there] = [now.distribution, following.distribution];
    for (let n = 0; n < hop; n++) {
      const turns = this.phase + (from * n + (rise * n * (n - 1)) / (2 * hop)) / rate;
      const audible = Math.min(this.harmonics, Math.ceil(rate / 2 / (from + (rise * n) / hop)) - 1);
      const [gain, aim] = [now.amplitude * (1 - fade[n]), following.amplitude * fade[n]];
      const angle = 2 * Math.PI * turns;
      // sin((k + 1) a) = 2 cos(a) sin(k a) - sin((k - 1) a): one product a sine
      const twice = 2 * Math.cos(angle);
      let [before, sine, sum] = [0, Math.sin(angle), 0];
      for (let k = 0; k < audible; k++) {
        sum += (gain * here[k] + aim * there[k]) * sine;
        const next = twice * sine - before;
        before = sine;
        sine = next;
      }
      out[n] = sum;
    }
    this.phase += (from * hop + (rise * (hop - 1)) / 2) / rate;
    this.phase -= Math.floor(this.phase);
  }
}

/** From 0 towards 1 over a hop: the rising half of a Hann window. */
const hannFade = (hop) => Float64Array.from({ length: hop }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * n) / hop));

/** Noise through a filter for each frame, without delay of its own: windows of two hops, filtered, overlapped. */
class Noise {
  constructor({ hop_size, n_bands }) {
    [this.hop, this.bands] = [hop_size, n_bands];
    this.fade = hannFade(hop_size);
    this.half = n_bands - 1; // the response reaches so far to both sides
    this.last = new Float64Array(hop_size); // the block before
    this.frames = 1 + Math.ceil(this.half / hop_size); // between a frame and the first hop that it completes
    // A window begins a hop before its frame, its filter's answer `half` earlier.
    this.pending = new Float64Array((this.frames + 2) * hop_size + this.half);
    const full = 2 * this.half;
    this.design = Array.from({ length: this.half }, (_, tap) => Float64Array.from({ length: n_bands }, (_, band) => {
      const inner = band > 0 && band < n_bands - 1 ? 2 : 1;
      const window = 0.5 + 0.5 * Math.cos((2 * Math.PI * tap) / full);
      return ((inner * Math.cos((2 * Math.PI * tap * band) / full)) / full) * window;
    }));
    this.taps = new Float64Array(Math.max(1, 2 * this.half - 1));
  }

  /** Magnitudes of a frame and the noise of the hop that begins there -> out: the hop that is `frames` earlier. */
  play(magnitudes, noise, out) {
    const { hop, half, taps, fade, last, pending } = this;
    for (let tap = 0; tap < half; tap++) {
      const row = this.design[tap];
      let sum = 0;
      for (let band = 0; band < row.length; band++) sum += row[band] * magnitudes[band];
      taps[half - 1 + tap] = taps[half - 1 - tap] = sum;
    }
    const begin = (this.frames - 1) * hop - (half - 1); // in `pending`, of what the window's first sample sets off
    for (let n = 0; n < 2 * hop; n++) {
      const sample = n < hop ? last[n] * fade[n] : noise[n - hop] * (1 - fade[n - hop]);
      if (sample === 0) continue;
      for (let tap = 0, at = begin + n; tap < taps.length; tap++, at++) pending[at] += sample * taps[tap];
    }
    last.set(noise);
    out.set(pending.subarray(0, hop));
    pending.copyWithin(0, hop);
    pending.fill(0, pending.length - hop);
  }
}

/** White noise as Math.random makes it, even between -1 and 1. */
function fillWithNoise(block) {
  for (let n = 0; n < block.length; n++) block[n] = 2 * Math.random() - 1;
}

/**
 * The whole instrument. play(f0_hz, loudness_db) -> {harmonic, noise, wet}, each a hop of samples that is overwritten by
 * the next call; what sounds is `latency` frames old. gains: of the three parts; gate: 1 plays, 0 is silence but for the
 * room that rings on.
 */
class Instrument {
  constructor(model) {
    this.config = model.config;
    this.decoder = new Decoder(model);
    this.oscillator = new Oscillator(model.config);
    this.filter = new Noise(model.config);
    this.room = model.tensors.room ? new Room(model.tensors.room) : null;
    const block = () => new Float64Array(model.config.hop_size);
    this.blocks = { harmonic: block(), noise: block(), dry: block(), tail: block(), wet: block(), white: block() };
    this.latency = this.filter.frames;
    this.kept = []; // controls of the last frames
    this.gains = { harmonic: 1, noise: 1, room: 1 };
    this.now = { ...this.gains }; // where the faders are on their way
  }

  /** Controls of the next frame; gate fades what the network plays, not its memory. */
  decode(f0_hz, loudness_db, gate = 1) {
    if (this.kept.length === 0) this.decoder.rest(f0_hz);
    const controls = this.decoder.step(f0_hz, loudness_db);
    controls.amplitude *= gate;
    for (let band = 0; band < controls.noise.length; band++) controls.noise[band] *= gate;
    return controls;
  }

  /** Sound of the next hop; white: its noise, else it is drawn. */
  synthesize(controls, white = null) {
    const { blocks, kept, now } = this;
    if (white) blocks.white.set(white);
    else fillWithNoise(blocks.white);
    kept.push(controls);
    this.filter.play(controls.noise, blocks.white, blocks.noise);
    if (kept.length > this.latency) {
      this.oscillator.play(kept[0], kept[1], blocks.harmonic);
      kept.shift();
    } else blocks.noise.fill(0); // before the first frame
    this.fade(blocks.harmonic, "harmonic");
    this.fade(blocks.noise, "noise");
    for (let n = 0; n < blocks.dry.length; n++) blocks.dry[n] = blocks.harmonic[n] + blocks.noise[n];
    blocks.wet.set(blocks.dry);
    if (this.room) {
      this.room.play(blocks.dry, blocks.tail);
      this.fade(blocks.tail, "room");
      for (let n = 0; n < blocks.wet.length; n++) blocks.wet[n] += blocks.tail[n];
    }
    Object.assign(now, this.gains);
    return blocks;
  }

  play(f0_hz, loudness_db, gate = 1, white = null) {
    return this.synthesize(this.decode(f0_hz, loudness_db, gate), white);
  }

  /** A fader on its way to where it was put, over one hop. */
  fade(block, part) {
    const [from, step] = [this.now[part], (this.gains[part] - this.now[part]) / block.length];
    for (let n = 0; n < block.length; n++) block[n] *= from + step * (n + 1);
  }

  /** A whole performance, frame by frame, as model(features) plays it -> {harmonic, noise, wet}, each Float64Array. */
  render(f0_hz, loudness_db, white = null) {
    const { hop_size } = this.config;
    const frames = f0_hz.length;
    const stems = ["harmonic", "noise", "wet"].map((part) => [part, new Float64Array(frames * hop_size)]);
    let held = null;
    for (let frame = 0; frame < frames + this.latency; frame++) {
      held = frame < frames ? this.decode(f0_hz[frame], loudness_db[frame]) : { ...held };
      const noise = white?.subarray(frame * hop_size, (frame + 1) * hop_size);
      // The last frame is held, and after it there is no noise.
      const blocks = this.synthesize(held, frame < frames ? noise : new Float64Array(hop_size));
      const begin = (frame - this.latency) * hop_size;
      if (begin >= 0) for (const [part, all] of stems) all.set(blocks[part], begin);
    }
    return Object.fromEntries(stems);
  }
}
