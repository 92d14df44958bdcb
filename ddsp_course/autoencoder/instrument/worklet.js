// The instrument on the audio thread. What stands before this file, as text of one module: decoder.js, convolution.js,
// synthesis.js, pitch.js. It plays one of three: hands (a pitch and a loudness, as they are now), a melody (curves,
// frame by frame), or what a microphone hears.

const GLIDE_S = 0.012; // time constant in which pitch and loudness follow the hand
const RELEASE_S = 0.05;
const RAMP_S = 0.016; // of the gate, as autoencoder.note_fade has it
const REPORT_S = 0.03;

class Player extends AudioWorkletProcessor {
  constructor({ processorOptions: { model } }) {
    super();
    this.instrument = new Instrument(model);
    this.config = model.config;
    this.rest = model.statistics.rest_loudness_db;
    this.rate = model.config.sample_rate / model.config.hop_size; // frames a second
    this.tracker = new Tracker(model.config);
    this.follower = new Follower(model.statistics);
    this.aim = { f0_hz: 220, loudness_db: this.rest, gate: 0 };
    [this.f0_hz, this.loudness_db, this.gate] = [null, this.rest, 0];
    [this.source, this.melody, this.frame, this.reported] = ["hands", null, 0, 0];
    [this.block, this.at] = [null, model.config.hop_size];
    this.port.onmessage = ({ data }) => {
      if (data.gains) this.instrument.gains = data.gains;
      if (data.source) [this.source, this.aim] = [data.source, { ...this.aim, gate: 0 }];
      if (data.source === "microphone") this.follower = new Follower(model.statistics);
      if (data.melody) [this.source, this.melody, this.frame] = ["melody", data.melody, 0];
      if (data.aim && this.source === "hands") this.aim = data.aim;
    };
  }

  process([input], [[out]]) {
    const heard = this.source === "microphone" ? input[0] : null;
    for (let n = 0; n < out.length; n++) {
      if (this.at === this.config.hop_size) this.play();
      out[n] = this.block[this.at++];
      const frame = heard ? this.tracker.hear(heard[n]) : null;
      if (frame) {
        const aim = this.follower.follow(frame, this.rate);
        if (aim.f0_hz !== null) this.aim = aim;
      }
    }
    return true;
  }

  /** The next hop. */
  play() {
    if (this.source === "melody") this.read();
    this.approach();
    const controls = this.instrument.decode(this.f0_hz, this.loudness_db, this.gate);
    this.block = this.instrument.synthesize(controls).wet;
    this.at = 0;
    if ((this.reported += 1 / this.rate) >= REPORT_S) {
      this.reported = 0;
      this.port.postMessage({ controls, gate: this.gate, source: this.source,
        share: this.source === "melody" ? this.frame / this.melody.f0_hz.length : 0 });
    }
  }

  /** One frame of the melody, exactly as it was prepared. */
  read() {
    const { f0_hz, loudness_db, sounds } = this.melody;
    if (this.frame >= f0_hz.length) {
      this.source = "hands";
      this.aim = { ...this.aim, gate: 0 };
      this.port.postMessage({ ended: true });
      return;
    }
    this.aim = { f0_hz: f0_hz[this.frame], loudness_db: loudness_db[this.frame], gate: sounds[this.frame] };
    [this.f0_hz, this.loudness_db] = [this.aim.f0_hz, this.aim.loudness_db];
    this.frame++;
  }

  /** Pitch and loudness a step nearer to where they shall be; out of silence the pitch is there at once. */
  approach() {
    const { aim } = this;
    const share = (seconds) => 1 - Math.exp(-1 / (seconds * this.rate));
    const db = aim.gate ? aim.loudness_db : this.rest;
    this.f0_hz = this.f0_hz === null || this.gate === 0 ? aim.f0_hz :
      this.f0_hz * (aim.f0_hz / this.f0_hz) ** share(GLIDE_S);
    this.loudness_db += share(aim.gate ? GLIDE_S : RELEASE_S) * (db - this.loudness_db);
    // After a note the network first lets it go, as it has learned to; the gate closes when it is at rest.
    const gate = aim.gate || (this.source !== "melody" && this.loudness_db > this.rest + 6) ? 1 : 0;
    const step = 1 / (RAMP_S * this.rate);
    this.gate += Math.max(-step, Math.min(step, gate - this.gate));
  }
}

registerProcessor("ddsp-instrument", Player);
