// Takes that run side by side. All of them sound all the time, and all but one have a gain of 0: a switch is a ramp
// from one to the other, so that nothing jumps and nothing waits. Works on an AudioContext and, to be measured, on an
// OfflineAudioContext.

const FADE_S = 0.01;
const SOON_S = 0.005; // so far ahead are changes scheduled: a ramp that has begun in the past begins with a jump

/** A gain that moves in straight lines, and knows at every moment how far it has come. */
class Ramp {
  constructor(context, value) {
    this.node = new GainNode(context, { gain: value });
    this.from = this.to = value;
    this.since = 0;
  }

  at(time) {
    return this.from + (this.to - this.from) * Math.min(1, Math.max(0, (time - this.since) / FADE_S));
  }

  go(to, time) {
    const gain = this.node.gain;
    [this.from, this.to, this.since] = [this.at(time), to, time];
    gain.cancelScheduledValues(time);
    gain.setValueAtTime(this.from, time);
    gain.linearRampToValueAtTime(to, time + FADE_S);
  }
}

class Player {
  /** takes: Float32Arrays; shorter ones end earlier. gains: one for each take, for when it is the one to be heard. */
  constructor(context, takes, sampleRate, gains) {
    this.context = context;
    this.sampleRate = sampleRate;
    this.out = new GainNode(context);
    this.load(takes, gains);
    this.chosen = 0;
    this.run = null; // what sounds now
    this.onended = null;
  }

  /** Other sounds, from the next start on. */
  load(takes, gains) {
    this.length = Math.max(...takes.map((take) => take.length));
    [this.takes, this.gains] = [takes, gains];
  }

  get duration() {
    return this.length / this.sampleRate;
  }

  soon() {
    return this.context.currentTime + SOON_S;
  }

  /** Play from a moment, in seconds, within a part [begin, end] of the takes; what sounded before fades. */
  start(from, part = [0, this.duration], loop = false, when = this.soon()) {
    this.stop(when);
    const [begin, end] = part.map((seconds) => Math.round(seconds * this.sampleRate));
    from = Math.round(from * this.sampleRate);
    if (from < begin || from >= end) from = begin;
    const fade = new Ramp(this.context, from === 0 ? 1 : 0); // a beginning is not faded in: it may be an attack
    if (from > 0) fade.go(1, when);
    fade.node.connect(this.out);
    const run = { fade, from, begin, end, loop, when, voices: [] };
    for (const [i, take] of this.takes.entries()) {
      const source = new AudioBufferSourceNode(this.context, { buffer: this.buffer(take, begin, end, loop), loop });
      const gain = new Ramp(this.context, i === this.chosen ? this.gains[i] : 0);
      source.connect(gain.node).connect(fade.node);
      source.start(when, (from - begin) / this.sampleRate);
      run.voices.push({ source, gain });
    }
    run.voices[0].source.onended = () => {
      fade.node.disconnect();
      if (this.run !== run) return; // something else sounds by now
      this.run = null;
      this.onended?.();
    };
    this.run = run;
  }

  /** A part of a take, as long as the part. For a loop its end goes over into what comes before its beginning. */
  buffer(take, begin, end, loop) {
    const samples = new Float32Array(end - begin);
    samples.set(take.subarray(begin, end));
    const fade = Math.min(begin, samples.length, Math.round(FADE_S * this.sampleRate));
    for (let n = 0; loop && n < fade; n++) {
      const weight = (n + 1) / (fade + 1);
      const at = samples.length - fade + n;
      samples[at] += weight * ((take[begin - fade + n] ?? 0) - samples[at]);
    }
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: this.sampleRate });
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  stop(when = this.soon()) {
    if (!this.run) return;
    this.run.fade.go(0, when);
    for (const { source } of this.run.voices) source.stop(when + FADE_S);
    this.run = null;
  }

  /** Let another take be heard, or all of them with other gains. */
  choose(take, when = this.soon(), gains = this.gains) {
    [this.chosen, this.gains] = [take, gains];
    for (const [i, { gain }] of (this.run?.voices ?? []).entries()) gain.go(i === take ? gains[i] : 0, when);
  }

  /** Where in the takes, in seconds, a moment of the context's time is. */
  position(time = this.context.currentTime) {
    const { from, begin, end, loop, when } = this.run;
    const samples = from - begin + Math.max(0, time - when) * this.sampleRate;
    return (begin + (loop ? samples % (end - begin) : Math.min(samples, end - begin))) / this.sampleRate;
  }
}

const REST_MS = 200; // so long after a stop the sound device is let go

/**
 * A player on a page: nothing sounds before the first press, because browsers let no page sound before one, and of all
 * that the course shows on a page one thing sounds at a time.
 */
class Deck {
  /** root: the widget's element; onquiet: called when something else on the page begins to play. */
  constructor(root, sampleRate, onquiet) {
    Object.assign(this, { root, sampleRate, context: null, player: null, playing: false });
    this.listener = (event) => { if (event.detail !== root) onquiet(); };
    window.addEventListener(PLAYS, this.listener);
  }

  /** The player, ready to sound: made at the first call, from then on with these takes and gains. */
  open(takes, gains) {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: this.sampleRate }); // the browser converts once, on the way out
      this.player = new Player(this.context, takes, this.sampleRate, gains);
      this.player.out.connect(this.context.destination);
    }
    this.player.load(takes, gains);
    window.dispatchEvent(new CustomEvent(PLAYS, { detail: this.root }));
    this.context.resume();
    this.playing = true;
    return this.player;
  }

  stop() {
    this.player.stop();
    this.ended();
  }

  /** Called as well where a take has ended by itself. */
  ended() {
    this.playing = false;
    setTimeout(() => { if (!this.playing && this.sounding) this.context.suspend(); }, REST_MS);
  }

  /** Where in the takes, in seconds, is what is heard at this moment. */
  position() {
    return this.player.position(this.context.currentTime - (this.context.outputLatency || 0));
  }

  get sounding() {
    return this.context?.state === "running";
  }

  /** For tests: what sounds, to be analysed. */
  listen() {
    const tap = new AnalyserNode(this.context, { fftSize: 2048 });
    this.player.out.connect(tap);
    return tap;
  }

  close() {
    window.removeEventListener(PLAYS, this.listener);
    this.playing = false;
    this.context?.close();
  }
}
